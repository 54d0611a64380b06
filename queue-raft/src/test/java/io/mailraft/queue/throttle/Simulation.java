package io.mailraft.queue.throttle;

import io.mailraft.api.link.SendQuestion;
import io.mailraft.api.log.GiveSends;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.MemoryStore;
import io.mailraft.queue.store.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Random;

/**
 * A cluster in its own time: books, tables, clocks and allotters as they are, with a log that
 * carries decisions late, leaders that die, questions that get lost, and machines whose clocks have
 * nothing to do with each other.
 */
final class Simulation {
  private static final String COUNTER = "example.com";
  private static final long MILLI = 1_000_000;
  private static final long DESK_GAP = 50 * MILLI;

  private final Random random;
  private final Pace pace;
  private final Faults faults;
  private final Mail mail;
  private final List<Allotter.Question> desk = new ArrayList<>();
  private final List<Node> nodes = new ArrayList<>();
  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private final List<Long> sends = new ArrayList<>();
  private final List<GiveSends> log = new ArrayList<>();
  private long now;
  private long serial;
  private int leader;
  private long term;
  private long decidedAt = -DESK_GAP;
  private boolean deciding;

  /**
   * What goes wrong.
   *
   * @param leaderMillis mean time between deaths of leaders; 0: none die
   * @param slow whether commits, applies and questions may take seconds
   * @param plant a bug to be caught
   */
  record Faults(long leaderMillis, boolean slow, Plant plant) {}

  /** What waits on the nodes. */
  sealed interface Mail {
    /** Backlogs of which nodes take and wait for some at a time, as it happens. */
    record Random() implements Mail {}

    /**
     * A backlog on some nodes, which hold two seconds' worth of the whole rate as claims, and a
     * claim now and then on the others.
     *
     * @param busy nodes with a backlog
     * @param held claims that such a node holds
     */
    record Backlog(int busy, int held) implements Mail {}
  }

  /** Bugs. */
  enum Plant {
    NONE,
    /** A new leader's clock counts time that has not passed. */
    CLOCK_AHEAD,
    /** A node takes the clock to be behind, and uses slots that are too old. */
    LATE_SLOTS,
    /** The leader says that questions waited for longer than they did. */
    LONG_WAIT
  }

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
    private long ahead;
    private final ThrottleClock clock = new ThrottleClock(() -> now + offset + ahead);
    private final SlotTable table = new SlotTable(clock);
    private final MemoryStore store = new MemoryStore(List.of(SlotTable.SLOTS, SlotTable.CLOCK));
    private final SendBook book;
    private Optional<Allotter> allotter = Optional.empty();
    private int applied;
    private long stepAt = Long.MAX_VALUE;
    private int claims;

    private Node(int number) {
      this.number = number;
      this.book = new SendBook(() -> now + offset, this::stepSoon);
      table.load(store);
    }

    private void stepSoon() {
      stepAt(now);
    }

    private void stepAt(long time) {
      long about = time + random.nextLong(MILLI);
      if (about < stepAt) {
        stepAt = about;
        at(
            about,
            () -> {
              if (stepAt == about) {
                stepAt = Long.MAX_VALUE;
                step();
              }
            });
      }
    }

    private void step() {
      SendBook.Step step = book.step();
      if (!step.questions().isEmpty()) {
        ask(step.questions());
      }
      step.rooms().forEach(Runnable::run);
      if (step.nextNanos() != Long.MAX_VALUE) {
        stepAt(Math.max(now, step.nextNanos() - offset));
      }
    }

    private void ask(List<SendQuestion> questions) {
      if (random.nextInt(50) == 0 && faults.slow()) {
        return;
      }
      at(now + delay(), () -> answer(this, questions));
    }

    private void apply() {
      while (applied < log.size()) {
        GiveSends decision = log.get(applied++);
        Position position = new Position(1, applied, applied);
        Batch batch = store.begin();
        GiveSends valid = table.apply(decision, lease -> true, batch);
        store.commit(batch, position);
        table.applied(valid);
        GiveSends heard = valid;
        if (faults.plant() == Plant.LATE_SLOTS) {
          heard =
              valid.toBuilder()
                  .setClockNanos(valid.getClockNanos() - random.nextLong(1500 * MILLI))
                  .build();
        }
        if (faults.plant() == Plant.LONG_WAIT) {
          GiveSends.Builder worse = heard.toBuilder();
          worse
              .getGrantsBuilderList()
              .forEach(grant -> grant.setWaitedNanos(random.nextLong(1500 * MILLI)));
          heard = worse.build();
        }
        book.given(heard, number, 1);
      }
    }

    private void send() {
      int taken = book.take(List.of(COUNTER), 1 + random.nextInt(20));
      if (taken == 0) {
        book.await(List.of(COUNTER), 1 + random.nextInt(200), this::send);
        return;
      }
      for (int i = 0; i < taken; i++) {
        sends.add(now + random.nextLong(5 * MILLI));
      }
      at(now + random.nextLong(20 * MILLI), this::send);
    }

    /** Sends what it may of the claims that it holds; others come after a round trip. */
    private void drain() {
      if (claims == 0) {
        return;
      }
      int taken = book.take(List.of(COUNTER), claims);
      claims -= taken;
      for (int i = 0; i < taken; i++) {
        sends.add(now + random.nextLong(5 * MILLI));
      }
      if (claims > 0) {
        book.await(List.of(COUNTER), claims, this::drain);
      }
      if (taken > 0 && mail instanceof Mail.Backlog(int busy, _) && number < busy) {
        at(now + 20 * MILLI + random.nextLong(130 * MILLI), () -> claim(taken));
      }
    }

    private void claim(int more) {
      claims += more;
      drain();
    }

    private void trickle() {
      claim(1);
      at(now + 300 * MILLI + random.nextLong(1200 * MILLI), this::trickle);
    }

    private void begin() {
      switch (mail) {
        case Mail.Random() -> send();
        case Mail.Backlog(int busy, int held) when number < busy -> claim(held);
        case Mail.Backlog _ -> trickle();
      }
    }

    private void lead() {
      if (faults.plant() == Plant.CLOCK_AHEAD) {
        ahead += 2_000 * MILLI;
      }
      clock.lead();
      allotter =
          Optional.of(new Allotter(table.next(), counter -> Optional.of(pace), clock.read()));
    }
  }

  Simulation(long seed, int nodes, Pace pace, Faults faults) {
    this(seed, nodes, pace, faults, new Mail.Random());
  }

  Simulation(long seed, int nodes, Pace pace, Faults faults, Mail mail) {
    this.mail = mail;
    this.random = new Random(seed);
    this.pace = pace;
    this.faults = faults;
    for (int i = 0; i < nodes; i++) {
      this.nodes.add(new Node(i));
    }
  }

  private long delay() {
    long usual = random.nextLong(20 * MILLI);
    return faults.slow() && random.nextInt(30) == 0 ? usual + random.nextLong(2000 * MILLI) : usual;
  }

  private void at(long time, Runnable what) {
    events.add(new Event(time, serial++, what));
  }

  private void answer(Node asker, List<SendQuestion> questions) {
    if (nodes.get(leader).allotter.isEmpty()) {
      return;
    }
    questions.forEach(asked -> desk.add(new Allotter.Question(asker.number, 1, asked, now)));
    if (!deciding) {
      deciding = true;
      at(Math.max(now, decidedAt + DESK_GAP), this::decide);
    }
  }

  private void decide() {
    deciding = false;
    Node leading = nodes.get(leader);
    long inTerm = term;
    if (leading.allotter.isEmpty()) {
      return;
    }
    decidedAt = now;
    GiveSends decision = leading.allotter.get().decide(desk, leading.clock.read(), now);
    desk.clear();
    at(
        now + delay(),
        () -> {
          // What was not committed before the leader died is lost.
          if (term == inTerm) {
            commit(decision);
          }
        });
  }

  private void commit(GiveSends decision) {
    log.add(decision);
    nodes.get(leader).apply();
    for (Node node : nodes) {
      at(now + delay(), node::apply);
    }
  }

  private void killLeader() {
    nodes.get(leader).clock.follow();
    nodes.get(leader).allotter = Optional.empty();
    desk.clear();
    term++;
    // A death, or a leader that hands over.
    long election =
        random.nextBoolean()
            ? 1000 * MILLI + random.nextLong(1000 * MILLI)
            : 10 * MILLI + random.nextLong(100 * MILLI);
    int next = random.nextInt(nodes.size());
    at(
        now + election,
        () -> {
          leader = next;
          nodes.get(next).apply();
          nodes.get(next).lead();
          at(now + 1 + random.nextLong(2 * faults.leaderMillis() * MILLI), this::killLeader);
        });
  }

  /**
   * Runs with mail waiting on every node.
   *
   * @return when sends started, in order, nanoseconds
   */
  List<Long> run(long seconds) {
    nodes.get(0).lead();
    nodes.forEach(node -> at(random.nextLong(100 * MILLI), node::begin));
    if (faults.leaderMillis() > 0) {
      at(faults.leaderMillis() * MILLI, this::killLeader);
    }
    while (!events.isEmpty() && events.element().at() < seconds * 1000 * MILLI) {
      Event event = events.remove();
      now = event.at();
      event.what().run();
    }
    sends.sort(null);
    return sends;
  }
}
