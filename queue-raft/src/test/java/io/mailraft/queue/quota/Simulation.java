package io.mailraft.queue.quota;

import io.mailraft.api.link.QuotaQuestion;
import io.mailraft.api.log.GiveQuota;
import io.mailraft.api.log.QuotaGrant;
import io.mailraft.config.Quota;
import io.mailraft.queue.quota.Counter.Period;
import io.mailraft.queue.quota.Counter.Scope;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.MemoryStore;
import io.mailraft.queue.store.Position;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.PriorityQueue;
import java.util.Random;

/**
 * A cluster in its own time: books, tables and allotters as they are, with a log that carries
 * decisions late, nodes and leaders that die, questions that get lost or come late, wall clocks
 * that differ and jump, and messages that are refused after they were counted.
 *
 * <p>It counts what the world sees: which node took how many units at which moment.
 */
final class Simulation {
  static final Counter MESSAGES =
      new Counter(Scope.ACCOUNT, "shop", Quota.Unit.MESSAGES, Period.MINUTE);
  static final Counter RECIPIENTS =
      new Counter(Scope.DOMAIN, "example.com", Quota.Unit.RECIPIENTS, Period.MINUTE);

  private static final long MILLI = 1_000_000;

  private final Random random;
  private final Settings settings;
  private final List<Node> nodes = new ArrayList<>();
  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private final List<GiveQuota> log = new ArrayList<>();
  private final Map<Window, Long> taken = new HashMap<>();
  private long worst = Long.MIN_VALUE;
  private int misplaced;
  private int refusals;
  private long now;
  private long serial;
  private int leader;
  private long term;
  private long epochs;
  private long groupMillis;

  /**
   * What happens.
   *
   * @param limit of both counters in a minute
   * @param recipientsMax of one message
   * @param messageMillis mean time between the messages of one node
   * @param faults whether nodes die, questions get lost and answers come late
   * @param jumps whether wall clocks differ, and jump
   * @param giveBackPercent of messages that are refused after they were counted
   * @param plant a bug to be caught
   */
  record Settings(
      int limit,
      int recipientsMax,
      int messageMillis,
      boolean faults,
      boolean jumps,
      int giveBackPercent,
      Plant plant) {}

  /** Bugs. */
  enum Plant {
    NONE,
    /** A node goes on using what it has said that it gives back. */
    GIVES_BACK_AND_USES,
    /** The part of a process that died is given again. */
    FORGETS_THE_DEAD,
    /** Units that were given are used in the next window, too. */
    USES_TOO_LATE,
    /** A node takes its part for larger than it is. */
    HEARS_ONE_MORE
  }

  /** A window of a counter. */
  record Window(Counter counter, long millis) {}

  private record Event(long at, long serial, Runnable what) implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      int byTime = Long.compare(at, other.at);
      return byTime != 0 ? byTime : Long.compare(serial, other.serial);
    }
  }

  /** One node. */
  private final class Node {
    private final int number;
    private final long offset = random.nextLong() >> 2;
    private final QuotaTable table = new QuotaTable();
    private final MemoryStore store = new MemoryStore(List.of(QuotaTable.QUOTAS));
    private long wallOffsetMillis = settings.jumps() ? random.nextLong(4000) : 0;
    private QuotaBook book = new QuotaBook(() -> now + offset, () -> {});
    private Optional<QuotaAllotter> allotter = Optional.empty();
    private boolean deciding;
    private long epoch = ++epochs;
    private int applied;

    private Node(int number) {
      this.number = number;
      table.load(store);
    }

    private long ownNanos() {
      return now + offset;
    }

    private void step() {
      List<QuotaQuestion> asked = book.step();
      if (!asked.isEmpty() && !(settings.faults() && random.nextInt(30) == 0)) {
        long mine = epoch;
        at(now + delay(), () -> answer(number, mine, asked));
      }
      at(now + 20 * MILLI, this::step);
    }

    private void apply() {
      while (applied < log.size()) {
        GiveQuota decision = log.get(applied++);
        Batch batch = store.begin();
        GiveQuota valid = table.apply(decision, batch);
        store.commit(batch, new Position(1, applied, applied));
        book.given(bent(valid), number, epoch);
      }
    }

    private GiveQuota bent(GiveQuota valid) {
      GiveQuota.Builder heard = valid.toBuilder();
      switch (settings.plant()) {
        case USES_TOO_LATE -> heard.setMillis(valid.getMillis() - 5000);
        case HEARS_ONE_MORE -> {
          for (QuotaGrant.Builder grant : heard.getGrantsBuilderList()) {
            grant.setPart(grant.getPart() + (grant.getNode() == number ? 1 : 0));
          }
        }
        case NONE, GIVES_BACK_AND_USES, FORGETS_THE_DEAD -> {}
      }
      return heard.build();
    }

    private void send() {
      long recipients = 1L + random.nextInt(settings.recipientsMax());
      Map<Counter, Long> needs = new HashMap<>();
      needs.put(MESSAGES, 1L);
      needs.put(RECIPIENTS, recipients);
      QuotaBook.Waiter waiter = book.take(needs);
      var _ = waiter.done().thenAccept(charge -> taken(charge, needs));
      QuotaBook of = book;
      at(
          now + 8000 * MILLI,
          () -> {
            if (waiter.done().isCompletedExceptionally()) {
              refusals++;
            } else if (!waiter.done().isDone()) {
              of.forget(waiter);
            }
          });
      at(now + random.nextLong(2L * settings.messageMillis() * MILLI), this::send);
    }

    /** Called at the moment of the taking. */
    private void taken(Charge charge, Map<Counter, Long> needs) {
      Map<Window, Long> uses = new HashMap<>();
      needs.forEach(
          (counter, units) -> uses.put(new Window(counter, book.windowMillis(counter)), units));
      uses.forEach(
          (window, units) -> {
            long sum = Simulation.this.taken.merge(window, units, Long::sum);
            worst = Math.max(worst, sum - settings.limit());
            if (window.counter().windowMillis(groupTime()) != window.millis()) {
              misplaced++;
            }
          });
      QuotaBook of = book;
      if (random.nextInt(100) < settings.giveBackPercent()) {
        at(
            now + random.nextLong(2000 * MILLI),
            () -> {
              if (!of.equals(book)) {
                return; // The process that would give them back is dead.
              }
              // Before, since someone who waits may take them at once.
              uses.forEach(
                  (window, units) -> Simulation.this.taken.merge(window, -units, Long::sum));
              charge.giveBack();
            });
      }
    }

    /** The process dies, and its next one starts with nothing but the disk. */
    private void die() {
      epoch = ++epochs;
      book = new QuotaBook(() -> now + offset, () -> {});
      if (settings.plant() == Plant.FORGETS_THE_DEAD) {
        int dead = number;
        nodes.forEach(node -> node.forgetDead(dead));
      }
    }

    private void forgetDead(int dead) {
      Batch batch = store.begin();
      for (Counter counter : List.of(MESSAGES, RECIPIENTS)) {
        table
            .row(counter.name())
            .map(row -> row.parts().get(dead))
            .ifPresent(
                part ->
                    table.apply(
                        GiveQuota.newBuilder()
                            .addGrants(
                                QuotaGrant.newBuilder()
                                    .setCounter(counter.name())
                                    .setNode(dead)
                                    .setEpoch(part.epoch())
                                    .setQuestion(part.question() + 1)
                                    .setWindowMillis(
                                        table.row(counter.name()).orElseThrow().windowMillis())
                                    .setPart(0)
                                    .setLimit(settings.limit()))
                            .build(),
                        batch));
      }
      store.commit(batch, new Position(1, applied, applied));
    }

    private void lead() {
      deciding = false;
      allotter =
          Optional.of(
              new QuotaAllotter(table, counter -> OptionalInt.of(settings.limit()), ownNanos()));
    }
  }

  Simulation(long seed, int nodes, Settings settings) {
    this.random = new Random(seed);
    this.settings = settings;
    for (int i = 0; i < nodes; i++) {
      this.nodes.add(new Node(i));
    }
  }

  private long delay() {
    long usual = random.nextLong(20 * MILLI);
    return settings.faults() && random.nextInt(30) == 0
        ? usual + random.nextLong(2000 * MILLI)
        : usual;
  }

  private void at(long time, Runnable what) {
    events.add(new Event(time, serial++, what));
  }

  /** The group's time never goes back, and is the leader's wall clock where that is ahead. */
  private long groupTime() {
    long wall = now / MILLI + nodes.get(leader).wallOffsetMillis;
    groupMillis = Math.max(groupMillis, wall);
    return groupMillis;
  }

  private void answer(int asker, long epoch, List<QuotaQuestion> asked) {
    Node leading = nodes.get(leader);
    if (leading.allotter.isEmpty()) {
      return;
    }
    for (QuotaQuestion question : asked) {
      QuotaQuestion heard = question;
      if (settings.plant() == Plant.GIVES_BACK_AND_USES && question.getKeep() > 0) {
        heard = question.toBuilder().setKeep(question.getKeep() - 1).build();
      }
      leading
          .allotter
          .get()
          .ask(new QuotaAllotter.Question(asker, epoch, heard, leading.ownNanos()));
    }
    decide(leading);
  }

  private void decide(Node leading) {
    if (leading.allotter.isEmpty() || leading.deciding || !leading.allotter.get().waits()) {
      return;
    }
    long inTerm = term;
    leading.deciding = true;
    Map<Integer, Long> live = new HashMap<>();
    nodes.forEach(node -> live.put(node.number, node.epoch));
    GiveQuota decision = leading.allotter.get().decide(groupTime(), leading.ownNanos(), live);
    at(
        now + delay(),
        () -> {
          // What was not committed before the leader died is lost.
          if (term == inTerm) {
            log.add(decision);
            leading.apply();
            nodes.forEach(node -> at(now + delay(), node::apply));
            at(
                now + QuotaDesk.GAP.toNanos(),
                () -> {
                  if (term == inTerm) {
                    leading.deciding = false;
                    decide(leading);
                  }
                });
          }
        });
  }

  private void killSomeone() {
    Node victim = nodes.get(random.nextInt(nodes.size()));
    victim.die();
    if (victim.number == leader) {
      victim.allotter = Optional.empty();
      term++;
      int next = random.nextInt(nodes.size());
      at(
          now + 500 * MILLI + random.nextLong(1500 * MILLI),
          () -> {
            long before = groupTime();
            leader = next;
            groupMillis = before;
            nodes.get(next).apply();
            nodes.get(next).lead();
          });
    }
    at(now + 3000 * MILLI + random.nextLong(8000 * MILLI), this::killSomeone);
  }

  private void jump() {
    nodes.get(random.nextInt(nodes.size())).wallOffsetMillis += random.nextLong(20_000) - 8000;
    at(now + random.nextLong(20_000 * MILLI), this::jump);
  }

  /** Runs with mail coming in on every node. */
  Simulation run(long seconds) {
    nodes.getFirst().lead();
    nodes.forEach(
        node -> {
          at(random.nextLong(100 * MILLI), node::step);
          at(random.nextLong(100 * MILLI), node::send);
        });
    if (settings.faults()) {
      at(2000 * MILLI, this::killSomeone);
    }
    if (settings.jumps()) {
      at(5000 * MILLI, this::jump);
    }
    while (!events.isEmpty() && events.element().at() < seconds * 1000 * MILLI) {
      Event event = events.remove();
      now = event.at();
      event.what().run();
    }
    return this;
  }

  /** What was taken and not given back, by window. */
  Map<Window, Long> taken() {
    return taken;
  }

  /** The most by which a window was over its limit at any moment; 0 or less where none was. */
  long worst() {
    return worst;
  }

  /** How often units of one window were taken while the group's time was in another. */
  int misplaced() {
    return misplaced;
  }

  /** Messages that were refused. */
  int refusals() {
    return refusals;
  }

  /** Decisions that were committed. */
  int entries() {
    return log.size();
  }
}
