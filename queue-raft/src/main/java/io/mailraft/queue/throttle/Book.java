package io.mailraft.queue.throttle;

import io.mailraft.api.log.SendGrant;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;

/** What a node knows of one counter. Guarded by the lock of its {@link SendBook}. */
final class Book {
  private static final long USE_NANOS = 1_000_000_000;
  private static final long ASK_NANOS = SendBook.ASK_NANOS;

  /** A question whose answer has not come by then is asked anew. */
  private static final long ANSWER_NANOS = 1_000_000_000;

  private static final int QUESTIONS_MAX = 4;

  /** After so many questions without an answer, which take two seconds, none is expected. */
  private static final int UNANSWERED_MIN = 3;

  /** More waiters than this are counted so often at most. */
  private static final int COUNTED_MAX = 64;

  private static final long COUNT_NANOS = 100_000_000;

  /** Slots that last for less are of no use to mail that is still to come. */
  private static final long KEPT_NANOS = 500_000_000;

  final String counter;
  final Set<SendBook.Waiter> waiters = new HashSet<>(2);

  /** Own time of the next look at it; the greatest long where none is due. */
  long lookAt = Long.MAX_VALUE;

  private final ArrayDeque<Question> questions = new ArrayDeque<>(2);
  private final ArrayDeque<Block> blocks = new ArrayDeque<>(2);
  private int unanswered;
  private boolean asked;
  private long askedAt;
  private long usedFrom;
  private int usedNow;
  private int usedBefore;
  private boolean keeps;
  private long waiting;
  private long moreAt = Long.MAX_VALUE;
  private long countedAt;

  /** A question without an answer so far. */
  private record Question(long number, long at) {}

  Book(String counter, long now) {
    this.counter = counter;
    this.usedFrom = now;
    this.countedAt = now - COUNT_NANOS;
  }

  /** Notes a question that is asked now. */
  void asks(long number, long now) {
    asked = true;
    askedAt = now;
    unanswered++;
    questions.add(new Question(number, now));
    if (questions.size() > QUESTIONS_MAX) {
      questions.remove();
    }
  }

  /** Own time from which it may be asked for. */
  long askableAt(long now) {
    if (!asked) {
      return now;
    }
    boolean answered = questions.isEmpty() || questions.getLast().at() != askedAt;
    return askedAt + (answered ? ASK_NANOS : ANSWER_NANOS);
  }

  /** Takes the answer to a question of its own, however late; false if it is none. */
  boolean answered(SendGrant grant, long clockNanos, long now) {
    for (Question question : questions) {
      if (question.number() == grant.getQuestion()) {
        questions.remove(question);
        unanswered = 0;
        Block block = new Block(grant, clockNanos, question.at(), now);
        blocks.add(block);
        keeps = block.lateness() >= KEPT_NANOS;
        return true;
      }
    }
    return false;
  }

  /** Whether nothing is left, and several questions in a row had no answer. */
  boolean spent(long now) {
    return unanswered >= UNANSWERED_MIN && left(now) == 0;
  }

  /** Sends that may start now. */
  int usable(long now) {
    int usable = 0;
    for (Block block : blocks) {
      block.expire(now);
      usable += block.usable(now);
    }
    while (!blocks.isEmpty() && blocks.element().count() == 0) {
      blocks.remove();
    }
    return usable;
  }

  /** Uses so many of the usable slots, the oldest first. */
  void use(int sends, long now) {
    int left = sends;
    for (Block block : blocks) {
      int some = Math.min(left, block.usable(now));
      block.drop(some);
      left -= some;
    }
    roll(now);
    usedNow += sends;
  }

  private void roll(long now) {
    if (now - usedFrom >= USE_NANOS) {
      usedBefore = now - usedFrom >= 2 * USE_NANOS ? 0 : usedNow;
      usedNow = 0;
      usedFrom = now;
    }
  }

  /** Slots that were given and are left, due or not. */
  int left(long now) {
    int left = 0;
    for (Block block : blocks) {
      block.expire(now);
      left += block.count();
    }
    return left;
  }

  /**
   * Own time from which {@link #usable} is more than 0; the greatest long where nothing is left.
   */
  long usableAt(long now) {
    long at = Long.MAX_VALUE;
    for (Block block : blocks) {
      block.expire(now);
      if (block.count() > 0) {
        at = Math.min(at, block.usableAt());
      }
    }
    return at;
  }

  /**
   * How many sends are worth having: what waits, or what goes out in a second, less one, since the
   * last of them may not come. Slots that would be gone before anything comes are left to others.
   */
  long wanted(long now) {
    roll(now);
    long flow = keeps ? Math.max(usedNow, usedBefore) : 0;
    return Math.max(waiting, flow + flow / 4 - 1);
  }

  /** Whether what waits is to be counted anew, so as not to count many of them at each send. */
  boolean countsAnew(long now) {
    return waiters.size() <= COUNTED_MAX || now - countedAt >= COUNT_NANOS;
  }

  /**
   * Sends that are waited for.
   *
   * @param more own time from which more will be; the greatest long where none
   */
  void waiting(long sends, long more, long now) {
    waiting = sends;
    moreAt = more;
    countedAt = now;
  }

  /** Own time from which what waits is counted anew, however many there are. */
  long countAt() {
    return countedAt + COUNT_NANOS;
  }

  long moreAt() {
    return moreAt;
  }

  boolean idle(long now) {
    return waiters.isEmpty() && now - usedFrom > 60 * USE_NANOS && left(now) == 0;
  }
}
