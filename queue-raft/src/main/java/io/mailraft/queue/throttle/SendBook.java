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
  static final long ASK_NANOS = Duration.ofMillis(500).toNanos();
  private static final long SWEEP_NANOS = Duration.ofSeconds(30).toNanos();
  private static final int SENDS_MAX = 1_000_000;

  /** Sends under one counter are taken if those under another may be used within this time. */
  private static final long TOGETHER_NANOS = Duration.ofSeconds(1).toNanos();

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

  /** Whether {@link #take} would give something now. */
  public synchronized boolean ready(List<String> counters) {
    long now = nanoClock.getAsLong();
    for (String counter : counters) {
      Book book = books.get(counter);
      if (book == null || book.usable(now) == 0) {
        return false;
      }
    }
    return true;
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
          && book.answered(grant, decision.getClockNanos(), now)) {
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
        if (book.lookAt == due.at()) {
          book.lookAt = Long.MAX_VALUE;
          look(book, now);
        }
      }
    }
    List<SendQuestion> asked = new ArrayList<>();
    for (Book book : toAsk) {
      int sends = (int) Math.min(SENDS_MAX, wanted(book, now) - book.left(now));
      if (sends > 0) {
        questions++;
        book.asks(questions, now);
        asked.add(
            SendQuestion.newBuilder()
                .setCounter(book.counter)
                .setQuestion(questions)
                .setSends(sends)
                .build());
        lookAt(book, book.askableAt(now));
      }
    }
    toAsk.clear();
    if (now - sweptAt > SWEEP_NANOS) {
      sweptAt = now;
      books.values().removeIf(book -> book.idle(now));
    }
    return new Step(rooms, asked, times.isEmpty() ? Long.MAX_VALUE : times.element().at());
  }

  /** How many sends under a counter are worth having. */
  private long wanted(Book book, long now) {
    if (book.countsAnew(now)) {
      long waiting = 0;
      long moreAt = Long.MAX_VALUE;
      for (Waiter waiter : book.waiters) {
        if (waiter.counters.size() == 1) {
          waiting += waiter.sends;
        } else {
          long from = heldBackUntil(book, waiter, now);
          if (from - now > 0) {
            moreAt = Math.min(moreAt, from);
          } else {
            waiting += wanted(book, waiter, now);
          }
        }
      }
      book.waiting(waiting, moreAt, now);
    }
    return book.wanted(now);
  }

  /**
   * From when on sends under a counter are worth having for a waiter that waits under others too: a
   * second before it may use those. Slots cannot be kept, so none are taken from others while it
   * waits for a slower counter.
   */
  private long heldBackUntil(Book book, Waiter waiter, long now) {
    long from = now;
    for (String counter : waiter.counters) {
      Book other = book(counter, now);
      long usable = other == book ? Long.MAX_VALUE : other.usableAt(now);
      if (usable != Long.MAX_VALUE && usable - TOGETHER_NANOS - from > 0) {
        from = usable - TOGETHER_NANOS;
      }
    }
    return from;
  }

  /** As many as wait, or as the other counters leave. */
  private long wanted(Book book, Waiter waiter, long now) {
    long sends = waiter.sends;
    for (String counter : waiter.counters) {
      Book other = book(counter, now);
      int left = other == book ? 0 : other.left(now);
      sends = left > 0 ? Math.min(sends, left) : sends;
    }
    return sends;
  }

  /** Has a counter asked for now, or some time, or not at all. */
  private void look(Book book, long now) {
    long at = book.usableAt(now);
    boolean counted = book.countsAnew(now);
    if (wanted(book, now) <= book.left(now)) {
      if (!counted) {
        lookAt(book, book.countAt());
      }
      if (!book.waiters.isEmpty() && at != Long.MAX_VALUE) {
        // By then they are used, or have passed.
        lookAt(book, (at - now > 0 ? at : now) + TOGETHER_NANOS);
      }
      if (book.moreAt() != Long.MAX_VALUE) {
        lookAt(book, book.moreAt());
      }
      return;
    }
    long from = book.askableAt(now);
    if (at != Long.MAX_VALUE && at - ASK_NANOS - from > 0) {
      // Slots ahead are enough for now: who would ask again would take all the later ones, too.
      from = at - ASK_NANOS;
    }
    if (from - now <= 0) {
      if (toAsk.add(book)) {
        changed.run();
      }
    } else {
      lookAt(book, from);
    }
  }

  /** An earlier time takes the place of a later one. */
  private void lookAt(Book book, long at) {
    if (book.lookAt == Long.MAX_VALUE || at - book.lookAt < 0) {
      book.lookAt = at;
      add(new Timed(at, book));
    }
  }

  private void schedule(Waiter waiter, long now) {
    long at = now;
    boolean all = true;
    for (String counter : waiter.counters) {
      long usable = book(counter, now).usableAt(now);
      all &= usable != Long.MAX_VALUE;
      at = usable != Long.MAX_VALUE && usable - at > 0 ? usable : at;
    }
    if (!all) {
      waiter.at = Long.MAX_VALUE;
    } else if (waiter.at != at) {
      waiter.at = at;
      add(new Timed(at, waiter));
    }
    if (waiter.counters.size() > 1) {
      waiter.counters.forEach(counter -> look(book(counter, now), now));
    }
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

  /** Whether nothing of a counter is left, and several questions in a row had no answer. */
  public synchronized boolean spent(String counter) {
    Book book = books.get(counter);
    return book != null && book.spent(nanoClock.getAsLong());
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
            (int) Math.min(SENDS_MAX, wanted(book, now)),
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
