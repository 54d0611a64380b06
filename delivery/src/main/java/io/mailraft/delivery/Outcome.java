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
   * @param onward where it is to go from there
   */
  record Returned(Claim claim, String reply, Onward onward) implements Outcome {

    /** To whoever has room. */
    public Returned(Claim claim, String reply) {
      this(claim, reply, new ToAny());
    }

    @Override
    public Optional<Attempt> attempt() {
      return Optional.empty();
    }
  }

  /** Where a claim that is given back is to go. */
  sealed interface Onward {}

  /** To whoever has room. */
  record ToAny() implements Onward {}

  /** To the node that owns a source: it is to leave from that. */
  record ToSource(String source) implements Onward {}

  /** To any other node that has not given it back: none of this one's sources may be used. */
  record ToOthers() implements Onward {}
}
