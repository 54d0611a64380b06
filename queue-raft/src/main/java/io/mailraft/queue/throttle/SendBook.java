package io.mailraft.queue.throttle;

import io.mailraft.api.link.SendQuestion;
import io.mailraft.api.log.GiveSends;
import io.mailraft.api.log.SendGrant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * A node's sends: what it was given of each counter, who waits for more, and what to ask for.
 *
 * <p>It asks for what waits, and ahead of time for what flows; for one counter at most every half
 * second. {@link SendBookThread} runs it.
 */
public final class SendBook {
  private static final long ASK_NANOS = Duration.ofMillis(500).toNanos();
  private static final long ANSWER_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long SWEEP_NANOS = Duration.ofSeconds(30).toNanos();
  private static final int SENDS_MAX = 1_000_000;

  private final LongSupplier nanoClock;
  private final Runnable changed;
  private final Map<String, Book> books = new HashMap<>();
  private final Map<List<String>, Waiter> waiters = new HashMap<>();
  private final PriorityQueue<Timed> times = new PriorityQueue<>();
  private final Set<Book> toAsk = new LinkedHashSet<>();
  private long questions;
  private long sweptAt;

  /** Who waits for sends under several counters. */
  static final class Waiter {
    private final List<String> counters;
    private int sends;
    private Runnable room;
    private long at = Long.MAX_VALUE;

    private Waiter(List<String> counters, int sends, Runnable room) {
      this.counters = counters;
      this.sends = sends;
      this.room = room;
    }

    int sends() {
      return sends;
    }
  }

  /** Something to look at, at its time: a waiter, or a book to ask for. */
  private record Timed(long at, Object what) implements Comparable<Timed> {
    @Override
    public int compareTo(Timed other) {
      return Long.compare(at - other.at, 0);
    }
  }

  /**
   * What is to be done, outside of the lock.
   *
   * @param rooms who can try again
   * @param questions to ask
   * @param nextNanos own time of the next look; the greatest long where there is none
   */
  record Step(List<Runnable> rooms, List<SendQuestion> questions, long nextNanos) {}

  /**
   * @param nanoClock monotonic time, nanoseconds
   * @param changed told, under the lock, that {@link #step} is worth calling before its time
   */
  SendBook(LongSupplier nanoClock, Runnable changed) {
    this.nanoClock = nanoClock;
    this.changed = changed;
    this.sweptAt = nanoClock.getAsLong();
  }

  /**
   * Takes the right to start sends now, under every one of the counters.
   *
   * @return 0 to most
   */
  synchronized int take(List<String> counters, int most) {
    long now = nanoClock.getAsLong();
    int sends = most;
    for (String counter : counters) {
      sends = Math.min(sends, book(counter, now).usable(now));
      if (sends == 0) {
        return 0;
      }
    }
    for (String counter : counters) {
      Book book = book(counter, now);
      book.use(sends, now);
      look(book, now);
    }
    return sends;
  }

  /** Waits for more; an earlier wait for the same counters is replaced. */
  synchronized void await(List<String> counters, int sends, Runnable room) {
    long now = nanoClock.getAsLong();
    int bounded = Math.clamp(sends, 1, SENDS_MAX);
    Waiter waiter =
        waiters.computeIfAbsent(List.copyOf(counters), key -> new Waiter(key, bounded, room));
    waiter.sends = bounded;
    waiter.room = room;
    for (String counter : counters) {
      Book book = book(counter, now);
      book.waiters.add(waiter);
      look(book, now);
    }
    schedule(waiter, now);
  }

  /** Ends a wait, if it is still on. */
  synchronized void forget(List<String> counters) {
    Waiter waiter = waiters.remove(counters);
    if (waiter != null) {
      waiter.at = Long.MAX_VALUE;
      long now = nanoClock.getAsLong();
      counters.forEach(counter -> book(counter, now).waiters.remove(waiter));
    }
  }

  /**
   * Takes what was given to this node.
   *
   * @param decision as applied, with grants of other nodes too
   */
  synchronized void given(GiveSends decision, int node, long epoch) {
    long now = nanoClock.getAsLong();
    for (SendGrant grant : decision.getGrantsList()) {
      Book book = books.get(grant.getCounter());
      if (grant.getNode() == node
          && grant.getEpoch() == epoch
          && book != null
          && book.unanswered
          && book.question == grant.getQuestion()) {
        book.unanswered = false;
        book.add(new Block(grant, decision.getClockNanos(), book.askedAt, now));
        look(book, now);
        List.copyOf(book.waiters).forEach(waiter -> schedule(waiter, now));
      }
    }
  }

  /** What is due. */
  synchronized Step step() {
    long now = nanoClock.getAsLong();
    List<Runnable> rooms = new ArrayList<>();
    while (!times.isEmpty() && times.element().at() - now <= 0) {
      Timed due = times.remove();
      if (due.what() instanceof Waiter waiter) {
        if (waiter.at == due.at()) {
          waiters.remove(waiter.counters);
          waiter.counters.forEach(counter -> book(counter, now).waiters.remove(waiter));
          waiter.at = Long.MAX_VALUE;
          rooms.add(waiter.room);
        }
      } else if (due.what() instanceof Book book) {
        book.timed = false;
        look(book, now);
      }
    }
    List<SendQuestion> asked = new ArrayList<>();
    for (Book book : toAsk) {
      int sends = Math.min(SENDS_MAX, book.wanted(now) - book.left(now));
      if (sends > 0) {
        book.question = ++questions;
        book.unanswered = true;
        book.asked = true;
        book.askedAt = now;
        asked.add(
            SendQuestion.newBuilder()
                .setCounter(book.counter)
                .setQuestion(book.question)
                .setSends(sends)
                .build());
        timed(book, now + ANSWER_NANOS);
      }
    }
    toAsk.clear();
    if (now - sweptAt > SWEEP_NANOS) {
      sweptAt = now;
      books.values().removeIf(book -> book.idle(now));
    }
    return new Step(rooms, asked, times.isEmpty() ? Long.MAX_VALUE : times.element().at());
  }

  /** Has a counter asked for now, or some time, or not at all. */
  private void look(Book book, long now) {
    if (book.wanted(now) <= book.left(now)) {
      return;
    }
    long from = now;
    if (book.asked) {
      from = book.askedAt + (book.unanswered ? ANSWER_NANOS : ASK_NANOS);
    }
    long at = book.usableAt(now);
    if (at != Long.MAX_VALUE && at - ASK_NANOS - from > 0) {
      // Slots ahead are enough for now: who would ask again would take all the later ones, too.
      from = at - ASK_NANOS;
    }
    if (from - now <= 0) {
      if (toAsk.add(book)) {
        changed.run();
      }
    } else {
      timed(book, from);
    }
  }

  private void timed(Book book, long at) {
    if (!book.timed) {
      book.timed = true;
      add(new Timed(at, book));
    }
  }

  private void schedule(Waiter waiter, long now) {
    long at = now;
    for (String counter : waiter.counters) {
      long usable = book(counter, now).usableAt(now);
      if (usable == Long.MAX_VALUE) {
        waiter.at = Long.MAX_VALUE;
        return;
      }
      at = usable - at > 0 ? usable : at;
    }
    waiter.at = at;
    add(new Timed(at, waiter));
  }

  private void add(Timed timed) {
    boolean sooner = times.isEmpty() || timed.at() - times.element().at() < 0;
    times.add(timed);
    if (sooner) {
      changed.run();
    }
  }

  private Book book(String counter, long now) {
    return books.computeIfAbsent(counter, name -> new Book(name, now));
  }

  /** What waits for a counter and what it has, for people; empty where nothing does. */
  public synchronized Optional<State> state(String counter) {
    long now = nanoClock.getAsLong();
    Book book = books.get(counter);
    if (book == null) {
      return Optional.empty();
    }
    long at = book.usableAt(now);
    return Optional.of(
        new State(
            book.wanted(now),
            book.left(now),
            at == Long.MAX_VALUE
                ? Optional.empty()
                : Optional.of(Duration.ofNanos(Math.max(0, at - now)))));
  }

  /**
   * How a counter stands on this node.
   *
   * @param wanted sends that it could use
   * @param given slots that it has
   * @param next time until the first of them may be used
   */
  public record State(int wanted, int given, Optional<Duration> next) {}

  /** Forgets everything: the lease under which it was given is over. */
  synchronized void reset() {
    books.clear();
    toAsk.clear();
    List<Waiter> all = List.copyOf(waiters.values());
    waiters.clear();
    times.clear();
    // They try again, and what they lack is asked for anew.
    long now = nanoClock.getAsLong();
    for (Waiter waiter : all) {
      waiter.at = now;
      waiters.put(waiter.counters, waiter);
      add(new Timed(now, waiter));
    }
  }
}
