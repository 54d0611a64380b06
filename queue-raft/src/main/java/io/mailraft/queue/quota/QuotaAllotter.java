package io.mailraft.queue.quota;

import io.mailraft.api.link.QuotaQuestion;
import io.mailraft.api.log.GiveQuota;
import io.mailraft.api.log.QuotaGrant;
import io.mailraft.queue.quota.QuotaTable.Part;
import io.mailraft.queue.quota.QuotaTable.Row;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;

/**
 * One leader's choice of who gets which units. It decides from the table as it is applied, one
 * decision at a time.
 *
 * <p>What mail waits for is given as long as there is room; beyond that a node gets what it can use
 * in about a second, but no more than the fourth part of its even share of the room, so that a
 * small quota is given unit by unit. Where the room is too small, whoever may have unused units is
 * asked to give them back, and the question waits until all of them have said so, or for {@link
 * #PATIENCE_NANOS}: only then there is nothing more to be had.
 */
final class QuotaAllotter {
  /** For how long a question waits for units that others may have. */
  static final long PATIENCE_NANOS = Duration.ofSeconds(3).toNanos();

  private static final long RECALL_NANOS = Duration.ofMillis(500).toNanos();
  private static final long FORGET_NANOS = Duration.ofMinutes(1).toNanos();
  private static final int ANSWERS_MAX = 5000;
  private static final int WAITING_MAX = 50_000;
  private static final int AHEAD_PART = 4;

  /** Most counters that are known at a time. */
  static final int COUNTERS_MAX = 200_000;

  /**
   * A node's question.
   *
   * @param node its number
   * @param epoch its lease
   * @param atNanos when it, or the one that it repeats, came
   */
  record Question(int node, long epoch, QuotaQuestion asked, long atNanos) {}

  private record Asker(String counter, int node) {}

  /** What this leader knows of a counter beside the table. */
  private static final class Notes {
    /** By node: its part at the moment in which it said that all of it is used. */
    private final Map<Integer, Long> dry = new HashMap<>(4);

    private long windowMillis;
    private long recalledAt;
    private boolean recalled;
  }

  /** A counter while one decision is made. */
  private static final class Work {
    private final long windowMillis;
    private final long limit;
    private final Map<Integer, Part> before;
    private final Map<Integer, Long> units = new HashMap<>(4);
    private final Map<Integer, Long> epochs = new HashMap<>(4);
    private final Notes notes;
    private long lost;

    private Work(Row row, long windowMillis, long limit, Notes notes) {
      boolean same = row.windowMillis() == windowMillis;
      this.windowMillis = windowMillis;
      this.limit = limit;
      this.before = same ? row.parts() : Map.of();
      this.lost = same ? row.lost() : 0;
      this.notes = notes;
      before.forEach(
          (node, part) -> {
            units.put(node, part.units());
            epochs.put(node, part.epoch());
          });
    }

    private boolean late(Question question) {
      Part part = before.get(question.node());
      return part != null
          && (question.epoch() < part.epoch()
              || (question.epoch() == part.epoch()
                  && question.asked().getQuestion() <= part.question()));
    }

    /** Takes over what the asker says it keeps. */
    private long keep(Question question) {
      int node = question.node();
      long had = units.getOrDefault(node, 0L);
      if (epochs.getOrDefault(node, question.epoch()) != question.epoch()) {
        lost += had;
        had = 0;
      }
      boolean same = question.asked().getWindowMillis() == windowMillis;
      long kept = same ? Math.min(question.asked().getKeep(), had) : 0;
      units.put(node, kept);
      epochs.put(node, question.epoch());
      if (!same || question.asked().getUsed() >= kept) {
        notes.dry.put(node, kept);
      } else {
        notes.dry.remove(node);
      }
      return kept;
    }

    private long room() {
      return Math.max(0, limit - lost - units.values().stream().mapToLong(Long::longValue).sum());
    }

    /** Whether another live node may have unused units. */
    private boolean others(int asker, Map<Integer, Long> live) {
      return units.entrySet().stream()
          .anyMatch(
              entry ->
                  entry.getKey() != asker
                      && entry.getValue() > 0
                      && Objects.equals(epochs.get(entry.getKey()), live.get(entry.getKey()))
                      && !entry.getValue().equals(notes.dry.get(entry.getKey())));
    }
  }

  private final QuotaTable table;
  private final Function<Counter, OptionalInt> limits;
  private final Map<Asker, Question> waiting = new LinkedHashMap<>();
  private final Map<String, Notes> notes = new HashMap<>();
  private long forgotAt;

  /**
   * @param limits the limit of a counter by the cluster document as it is
   * @param nowNanos monotonic time
   */
  QuotaAllotter(QuotaTable table, Function<Counter, OptionalInt> limits, long nowNanos) {
    this.table = table;
    this.limits = limits;
    this.forgotAt = nowNanos;
  }

  /** Takes a question; it replaces what the node asked for the same counter before. */
  void ask(Question question) {
    Asker asker = new Asker(question.asked().getCounter(), question.node());
    Question before = waiting.get(asker);
    if (before != null && before.epoch() == question.epoch()) {
      if (before.asked().getQuestion() >= question.asked().getQuestion()) {
        return;
      }
      boolean repeats = before.asked().getLeast() > 0 && question.asked().getLeast() > 0;
      waiting.put(
          asker,
          new Question(
              question.node(),
              question.epoch(),
              question.asked(),
              repeats ? before.atNanos() : question.atNanos()));
    } else if (waiting.size() < WAITING_MAX) {
      waiting.put(asker, question);
    }
  }

  /** Whether some question has no answer yet. */
  boolean waits() {
    return !waiting.isEmpty();
  }

  /**
   * Decides about what waits.
   *
   * @param millis the group's time
   * @param nowNanos monotonic time
   * @param live epochs of the live nodes by number
   */
  GiveQuota decide(long millis, long nowNanos, Map<Integer, Long> live) {
    Map<String, Work> works = new HashMap<>();
    List<Asking> open = new ArrayList<>();
    for (Iterator<Question> all = waiting.values().iterator();
        all.hasNext() && open.size() < ANSWERS_MAX; ) {
      Question question = all.next();
      Optional<Work> work = work(works, question.asked().getCounter(), millis);
      if (work.isPresent() && !work.get().late(question)) {
        long kept = work.get().keep(question);
        open.add(new Asking(question, work.get(), kept));
      } else if (work.isPresent() || nowNanos - question.atNanos() > PATIENCE_NANOS) {
        all.remove();
      }
    }
    List<QuotaGrant> lowered = new ArrayList<>();
    List<QuotaGrant> raised = new ArrayList<>();
    Set<String> recalled = new LinkedHashSet<>();
    for (Asking asking : open) {
      answer(asking, nowNanos, live, recalled)
          .ifPresent(
              grant -> {
                boolean raises = grant.getPart() > asking.had();
                (raises ? raised : lowered).add(grant);
              });
    }
    GiveQuota.Builder decision =
        GiveQuota.newBuilder()
            .setMillis(millis)
            .addAllGrants(lowered)
            .addAllGrants(raised)
            .addAllRecalled(recalled);
    forget(decision, millis, nowNanos);
    return decision.build();
  }

  private record Asking(Question question, Work work, long kept) {
    /** The part that the table has of the asker. */
    long had() {
      Part part = work.before.get(question.node());
      return part == null || part.epoch() != question.epoch() ? 0 : part.units();
    }
  }

  private Optional<Work> work(Map<String, Work> works, String name, long millis) {
    Work known = works.get(name);
    if (known != null) {
      return Optional.of(known);
    }
    Optional<Counter> counter = Counter.parse(name);
    OptionalInt limit = counter.isPresent() ? limits.apply(counter.get()) : OptionalInt.empty();
    Optional<Row> row = table.row(name);
    if (limit.isEmpty() || (row.isEmpty() && table.rows().size() >= COUNTERS_MAX)) {
      return Optional.empty();
    }
    Row present = row.orElse(new Row(0, 0, Map.of()));
    // A group's time that was read a little earlier by another leader is no way back.
    long window = Math.max(counter.get().windowMillis(millis), present.windowMillis());
    Notes noted = notes.computeIfAbsent(name, key -> new Notes());
    if (noted.windowMillis != window) {
      noted.windowMillis = window;
      noted.dry.clear();
    }
    Work work = new Work(present, window, limit.getAsInt(), noted);
    works.put(name, work);
    return Optional.of(work);
  }

  private Optional<QuotaGrant> answer(
      Asking asking, long nowNanos, Map<Integer, Long> live, Set<String> recalled) {
    Question question = asking.question();
    QuotaQuestion asked = question.asked();
    Work work = asking.work();
    if (asked.getLeast() == 0) {
      waiting.remove(new Asker(asked.getCounter(), question.node()));
      return asking.kept() < asking.had() ? Optional.of(grant(asking, 0, false)) : Optional.empty();
    }
    long room = work.room();
    long ahead = Math.min(asked.getWanted(), room / (AHEAD_PART * Math.max(1L, live.size())));
    long amount = Math.min(room, Math.max(asked.getWaiting(), ahead));
    if (amount < asked.getLeast()) {
      amount = 0;
    }
    boolean last = false;
    if (amount < asked.getWaiting()) {
      boolean hopeless = asked.getLeast() > work.limit;
      boolean patient = nowNanos - question.atNanos() < PATIENCE_NANOS;
      last = hopeless || !patient || !work.others(question.node(), live);
      if (!last) {
        recall(asked.getCounter(), work.notes, nowNanos, recalled);
        if (amount == 0 && asking.kept() >= asking.had()) {
          return Optional.empty();
        }
      }
    }
    waiting.remove(new Asker(asked.getCounter(), question.node()));
    return Optional.of(grant(asking, amount, last));
  }

  private static void recall(String counter, Notes notes, long nowNanos, Set<String> recalled) {
    if (!notes.recalled || nowNanos - notes.recalledAt >= RECALL_NANOS) {
      notes.recalled = true;
      notes.recalledAt = nowNanos;
      recalled.add(counter);
    }
  }

  private static QuotaGrant grant(Asking asking, long amount, boolean last) {
    Question question = asking.question();
    Work work = asking.work();
    long part = asking.kept() + amount;
    work.units.put(question.node(), part);
    return QuotaGrant.newBuilder()
        .setCounter(question.asked().getCounter())
        .setNode(question.node())
        .setEpoch(question.epoch())
        .setQuestion(question.asked().getQuestion())
        .setWindowMillis(work.windowMillis)
        .setPart(part)
        .setLimit(work.limit)
        .setLast(last)
        .build();
  }

  /** What windows that are over have left: no fewer rows than one decision can add. */
  private void forget(GiveQuota.Builder decision, long millis, long nowNanos) {
    decision.addAllForgotten(table.over(millis, ANSWERS_MAX));
    if (nowNanos - forgotAt >= FORGET_NANOS) {
      forgotAt = nowNanos;
      notes.keySet().retainAll(table.rows().keySet());
    }
  }
}
