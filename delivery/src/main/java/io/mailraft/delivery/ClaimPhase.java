package io.mailraft.delivery;

import java.time.Instant;
import java.util.Optional;

/**
 * What a claim that the engine holds is doing, at one moment.
 *
 * @param step where it stands
 * @param detail what it waits for, in a few words
 * @param source local address; empty where none is chosen
 * @param host remote host, with its address where that is known; empty where none is chosen
 * @param since since when
 * @param cause what holds its site back, where it waits for that
 */
public record ClaimPhase(
    Step step,
    String detail,
    String source,
    String host,
    Instant since,
    Optional<SiteState.Phase> cause) {

  /** A claim that nothing of its site holds back. */
  ClaimPhase(Step step, String detail, String source, String host, Instant since) {
    this(step, detail, source, host, since, Optional.empty());
  }

  /** Where a claim stands. */
  public enum Step {
    /** The route of its domain is being looked up. */
    ROUTING,
    /** It waits at its site; the detail says for what. */
    WAITING,
    /** A connection to its site is being opened, the first one. */
    CONNECTING,
    /** That connection is open, and the host has not let us in yet. */
    GREETING,
    /** MAIL is not answered. */
    MAIL,
    /** RCPT is not answered. */
    RCPT,
    /** DATA is not answered. */
    DATA,
    /** The content is on its way. */
    CONTENT,
    /** The final dot is not answered. */
    FINAL_DOT,
    /** It is between two steps. */
    BETWEEN
  }
}
