package io.mailraft.queue.quota;

import com.google.protobuf.InvalidProtocolBufferException;
import io.mailraft.api.log.GiveQuota;
import io.mailraft.api.log.QuotaGrant;
import io.mailraft.api.stored.StoredPart;
import io.mailraft.api.stored.StoredQuota;
import io.mailraft.queue.raft.FoldException;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.Table;
import io.mailraft.queue.store.Table.Removal;
import io.mailraft.queue.store.View;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;

/**
 * Which part of each counter's window which node has: the quotas' part of the control group's
 * state.
 *
 * <p>A node's part is what it may have used of the window, all in all. Grants say what it is from
 * then on, not by how much it changes, and each answers a question with a higher number than the
 * last: so one that is decided twice counts once. When a node's next process asks, the part of the
 * one before is lost for the window, since nobody knows what of it was used.
 */
public final class QuotaTable {
  public static final Table QUOTAS = new Table("quotas", Removal.ANY, false);

  private static final byte[] FIRST = new byte[0];
  private static final byte[] END = {(byte) 0xff};

  private final Map<String, Row> rows = new ConcurrentHashMap<>();

  /** The rows by when their windows end, the first one first. */
  private final NavigableSet<Ending> endings = new ConcurrentSkipListSet<>();

  private record Ending(long endMillis, String counter) implements Comparable<Ending> {
    @Override
    public int compareTo(Ending other) {
      int byTime = Long.compare(endMillis, other.endMillis);
      return byTime != 0 ? byTime : counter.compareTo(other.counter);
    }
  }

  /**
   * A node's part.
   *
   * @param question the last one that was answered
   */
  record Part(long epoch, long question, long units) {}

  /**
   * A counter's window.
   *
   * @param windowMillis begin of the window, Unix milliseconds
   * @param lost parts of processes that have ended
   * @param parts by node; not to be changed
   */
  public record Row(long windowMillis, long lost, Map<Integer, Part> parts) {

    /** Units that were given and not given back: never more than the limit. */
    public long given() {
      return lost + parts.values().stream().mapToLong(Part::units).sum();
    }

    /** The row after a grant; empty where the grant is late, repeated, or more than there is. */
    Optional<Row> with(QuotaGrant grant) {
      if (grant.getWindowMillis() < windowMillis) {
        return Optional.empty();
      }
      Row base =
          grant.getWindowMillis() > windowMillis
              ? new Row(grant.getWindowMillis(), 0, Map.of())
              : this;
      Part before = base.parts.get(grant.getNode());
      long had = 0;
      long nowLost = base.lost;
      if (before != null) {
        if (late(grant, before)) {
          return Optional.empty();
        }
        if (grant.getEpoch() > before.epoch()) {
          nowLost += before.units();
        } else {
          had = before.units();
        }
      }
      Map<Integer, Part> after = new TreeMap<>(base.parts);
      after.put(grant.getNode(), new Part(grant.getEpoch(), grant.getQuestion(), grant.getPart()));
      Row row = new Row(grant.getWindowMillis(), nowLost, after);
      return grant.getPart() > had && row.given() > grant.getLimit()
          ? Optional.empty()
          : Optional.of(row);
    }

    private static boolean late(QuotaGrant grant, Part before) {
      return grant.getEpoch() < before.epoch()
          || (grant.getEpoch() == before.epoch() && grant.getQuestion() <= before.question());
    }
  }

  /** Loads the state in place of what is there. */
  public void load(View view) {
    rows.clear();
    endings.clear();
    view.scan(
        QUOTAS,
        FIRST,
        END,
        (key, value) -> {
          put(new String(key, StandardCharsets.UTF_8), row(value));
          return true;
        });
  }

  private static Row row(byte[] value) {
    try {
      StoredQuota stored = StoredQuota.parseFrom(value);
      Map<Integer, Part> parts = new TreeMap<>();
      for (StoredPart part : stored.getPartsList()) {
        parts.put(part.getNode(), new Part(part.getEpoch(), part.getQuestion(), part.getUnits()));
      }
      return new Row(stored.getWindowMillis(), stored.getLost(), parts);
    } catch (InvalidProtocolBufferException e) {
      throw new FoldException("a row of a quota cannot be read", e);
    }
  }

  /**
   * Folds a decision.
   *
   * @return the decision with the grants that count
   */
  public GiveQuota apply(GiveQuota decision, Batch batch) {
    List<QuotaGrant> valid = new ArrayList<>(decision.getGrantsCount());
    for (QuotaGrant grant : decision.getGrantsList()) {
      Row before = rows.getOrDefault(grant.getCounter(), new Row(0, 0, Map.of()));
      before
          .with(grant)
          .ifPresent(
              after -> {
                put(grant.getCounter(), after);
                batch.put(QUOTAS, key(grant.getCounter()), stored(after));
                valid.add(grant);
              });
    }
    for (String counter : decision.getForgottenList()) {
      Row row = rows.get(counter);
      Optional<Ending> ending = row == null ? Optional.empty() : ending(counter, row);
      if (ending.filter(known -> known.endMillis() <= decision.getMillis()).isPresent()) {
        rows.remove(counter);
        endings.remove(ending.get());
        batch.delete(QUOTAS, key(counter));
      }
    }
    return decision.toBuilder().clearGrants().addAllGrants(valid).build();
  }

  private void put(String counter, Row row) {
    Row before = rows.put(counter, row);
    if (before == null || before.windowMillis() != row.windowMillis()) {
      Optional.ofNullable(before).flatMap(old -> ending(counter, old)).ifPresent(endings::remove);
      ending(counter, row).ifPresent(endings::add);
    }
  }

  /** Empty for a counter of a newer version of mailraft, of which the length is not known. */
  private static Optional<Ending> ending(String counter, Row row) {
    return Counter.parse(counter)
        .map(known -> new Ending(row.windowMillis() + known.lengthMillis(), counter));
  }

  /**
   * Counters whose windows have ended by that time, so that their rows say no more than no row. Any
   * thread.
   *
   * @param most how many at most
   */
  List<String> over(long millis, int most) {
    return endings.stream()
        .takeWhile(ending -> ending.endMillis() <= millis)
        .limit(most)
        .map(Ending::counter)
        .toList();
  }

  private static byte[] stored(Row row) {
    StoredQuota.Builder stored =
        StoredQuota.newBuilder().setWindowMillis(row.windowMillis()).setLost(row.lost());
    row.parts()
        .forEach(
            (node, part) ->
                stored.addParts(
                    StoredPart.newBuilder()
                        .setNode(node)
                        .setEpoch(part.epoch())
                        .setQuestion(part.question())
                        .setUnits(part.units())));
    return stored.build().toByteArray();
  }

  private static byte[] key(String counter) {
    return counter.getBytes(StandardCharsets.UTF_8);
  }

  /** The row of a counter; its window may be over. Any thread. */
  public Optional<Row> row(String counter) {
    return Optional.ofNullable(rows.get(counter));
  }

  /** Every row by its counter's name. A view; any thread. */
  public Map<String, Row> rows() {
    return java.util.Collections.unmodifiableMap(rows);
  }
}
