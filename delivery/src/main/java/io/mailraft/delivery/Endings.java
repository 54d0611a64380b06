package io.mailraft.delivery;

import io.mailraft.config.DeliveryConfig;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns how attempts ended into outcomes, and reports each exactly once. */
final class Endings {
  private static final Logger LOG = LoggerFactory.getLogger(Endings.class);

  private final List<Duration> retry;
  private final long expireAfterMillis;
  private final Outcomes outcomes;
  private final Meters meters;

  Endings(DeliveryConfig config, Outcomes outcomes, Meters meters) {
    this.retry = List.copyOf(config.retry());
    this.expireAfterMillis = config.expireAfter().toMillis();
    this.outcomes = outcomes;
    this.meters = meters;
  }

  /** The remote took it. */
  void delivered(Held held, Reply reply, Hop hop) {
    report(
        held,
        new Outcome.Delivered(held.claim(), reply.text(), hop.source(), hop.host(), hop.attempt()));
  }

  /** It was not taken: 5yz bounces, anything else defers until the message is too old. */
  void refused(Held held, Reply reply, Hop hop) {
    Claim claim = held.claim();
    String text = reply.text();
    if (reply.permanent()) {
      report(held, new Outcome.Bounced(claim, text, hop.source(), hop.host(), hop.attempt()));
      return;
    }
    deferred(held, reply, hop);
  }

  /** It was not taken, and that says nothing of it: it is deferred until it is too old. */
  void deferred(Held held, Reply reply, Hop hop) {
    Claim claim = held.claim();
    String text = reply.text();
    long ageMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - claim.message().bornNanos());
    if (ageMillis >= expireAfterMillis) {
      report(held, new Outcome.Expired(claim, text, hop.source(), hop.host(), hop.attempt()));
    } else {
      Duration delay = retry.get(Math.min(Math.max(claim.attempts(), 0), retry.size() - 1));
      report(
          held, new Outcome.Deferred(claim, text, hop.source(), hop.host(), delay, hop.attempt()));
    }
  }

  /** It was not attempted. */
  void returned(Held held, Reply reason) {
    report(held, new Outcome.Returned(held.claim(), reason.text()));
  }

  /** It is to leave from a source that another node owns. */
  void redirected(Held held, String source) {
    String reason = "451 4.3.2 It is to leave from " + source + ", which another node owns";
    report(held, new Outcome.Returned(held.claim(), reason, new Outcome.ToSource(source)));
  }

  /** None of this node's sources may be used for it. */
  void unfit(Held held) {
    String reason = "451 4.3.2 No source of this node may be used for it, another node tries";
    report(held, new Outcome.Returned(held.claim(), reason, new Outcome.ToOthers()));
  }

  private void report(Held held, Outcome outcome) {
    if (!held.end()) {
      LOG.error("a second outcome for {}: {}", held.claim(), outcome);
      return;
    }
    Duration took = held.took();
    try {
      outcomes.report(outcome, took);
    } catch (RuntimeException e) {
      // The claim is not reported again: the receiver may have taken it. If it has not, the claim
      // stays with this node until a new epoch of its lease, at the next start at the latest.
      LOG.error("the outcome {} could not be reported", outcome, e);
    }
    meters.ended(outcome, took);
    held.zone().ended(held.portion());
  }
}
