package io.mailraft.delivery;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How one source stands with one site, for all zones: whether it may be used, or rests because the
 * site is dead for it, or because the site has blocklisted it. Thread-safe.
 *
 * <pre>
 *   usable -dead-> backs off 1, 2, 4 .. 10 min -time over-> one connection probes it
 *                    -dead-> backs off for twice as long
 *                    -works-> usable
 *   any    -blocklisted-> off for the plan's pause -time over-> usable
 * </pre>
 */
final class Standing {
  /** As long as {@link Troubles} remembers a host, and a little more: the probe must connect. */
  private static final Duration BACKOFF_MIN = Duration.ofSeconds(61);

  private static final Duration BACKOFF_MAX = Duration.ofMinutes(10);
  private static final double JITTER = 0.1;

  /** Why a source is not used. */
  enum Cause {
    /** The site did not answer, or said 4yz to everything. */
    DEAD,
    /** The site has no address of the source's family. */
    UNSUITED,
    /** The site says that the source is blocklisted. */
    BLOCKLISTED
  }

  /**
   * A rest.
   *
   * @param untilNanos its end, by the monotonic clock
   * @param sinceNanos its start
   * @param reply what the site said, or our own words
   */
  record Off(Cause cause, long untilNanos, long sinceNanos, Reply reply) {}

  private volatile Optional<Off> rest = Optional.empty();
  private Duration backoff = Duration.ZERO;

  /** The rest that it is in; empty if it may be used. */
  Optional<Off> off(long nowNanos) {
    Optional<Off> last = rest;
    return last.isEmpty() || nowNanos - last.get().untilNanos() >= 0 ? Optional.empty() : last;
  }

  /** When its last rest ends or ended; empty if it had none, or has worked since. */
  Optional<Off> last() {
    return rest;
  }

  /** The site is dead for it. A rest that is under way is not made longer. */
  synchronized void dead(Reply reply, long nowNanos) {
    if (off(nowNanos).isPresent()) {
      return;
    }
    backoff =
        backoff.isZero()
            ? BACKOFF_MIN
            : backoff.multipliedBy(2).compareTo(BACKOFF_MAX) < 0
                ? backoff.multipliedBy(2)
                : BACKOFF_MAX;
    long nanos =
        (long) (backoff.toNanos() * (1 + JITTER * ThreadLocalRandom.current().nextDouble()));
    rest = Optional.of(new Off(Cause.DEAD, nowNanos + nanos, nowNanos, reply));
  }

  /** The site has no address that it reaches. */
  synchronized void unsuited(Reply reply, long nowNanos) {
    rest(Cause.UNSUITED, BACKOFF_MIN, reply, nowNanos);
  }

  /** The site has blocklisted it. */
  synchronized void blocklisted(Reply reply, Duration pause, long nowNanos) {
    rest(Cause.BLOCKLISTED, pause, reply, nowNanos);
  }

  private void rest(Cause cause, Duration time, Reply reply, long nowNanos) {
    long since =
        off(nowNanos).filter(off -> off.cause() == cause).map(Off::sinceNanos).orElse(nowNanos);
    rest = Optional.of(new Off(cause, nowNanos + time.toNanos(), since, reply));
  }

  /** A host of the site has answered MAIL with 2yz. A blocklisting stays. */
  void works() {
    if (rest.isPresent()) {
      forget();
    }
  }

  private synchronized void forget() {
    if (rest.filter(off -> off.cause() != Cause.BLOCKLISTED).isPresent()) {
      rest = Optional.empty();
      backoff = Duration.ZERO;
    }
  }
}
