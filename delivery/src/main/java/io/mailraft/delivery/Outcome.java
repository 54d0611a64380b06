package io.mailraft.delivery;

import java.time.Duration;
import java.util.Optional;

/** How an attempt ended. */
public sealed interface Outcome {

  /** The claim that was attempted. */
  Claim claim();

  /**
   * What the remote said, or our own reason in the same form: code, enhanced code where there is
   * one, text. At most 2 KiB.
   */
  String reply();

  /** What was found on the connection; empty where no transaction had begun. */
  Optional<Attempt> attempt();

  /** The remote took it. */
  record Delivered(Claim claim, String reply, String source, String host, Optional<Attempt> attempt)
      implements Outcome {}

  /** It did not work this time, and is to be tried again after the delay. */
  record Deferred(
      Claim claim,
      String reply,
      String source,
      String host,
      Duration delay,
      Optional<Attempt> attempt)
      implements Outcome {}

  /** It will never work. */
  record Bounced(Claim claim, String reply, String source, String host, Optional<Attempt> attempt)
      implements Outcome {}

  /** It did not work for longer than allowed. */
  record Expired(Claim claim, String reply, String source, String host, Optional<Attempt> attempt)
      implements Outcome {}

  /**
   * It was not attempted (stopping, lease lapsed before the start): back to the queue.
   *
   * @param source the source that it is to leave from, where another node owns that
   */
  record Returned(Claim claim, String reply, Optional<String> source) implements Outcome {

    /** Any source will do. */
    public Returned(Claim claim, String reply) {
      this(claim, reply, Optional.empty());
    }

    @Override
    public Optional<Attempt> attempt() {
      return Optional.empty();
    }
  }
}
