package io.mailraft.delivery;

import java.util.Optional;

/** A connection's place at a site of a zone. Its fields are guarded by the zone's lock. */
final class Berth implements ConnectionLimits.Holder {
  private final SmtpConnection connection;
  private final Way way;
  private final Slip slip;
  private final boolean ahead;

  /** Where it takes sends from, by the plan of that number; empty where none are to be taken. */
  Optional<SendLine.Place> place = Optional.empty();

  int planNumber = -1;

  /** Transactions started. */
  int transactions;

  /** Whether a MAIL command was answered on it. */
  boolean proven;

  /** Whether it takes no more work. */
  boolean leaving;

  /** Whether it is closed. */
  boolean gone;

  /**
   * @param ahead whether it was opened ahead of sends
   */
  Berth(SmtpConnection connection, Way way, Slip slip, boolean ahead) {
    this.connection = connection;
    this.way = way;
    this.slip = slip;
    this.ahead = ahead;
  }

  SmtpConnection connection() {
    return connection;
  }

  Way way() {
    return way;
  }

  Site site() {
    return way.site();
  }

  Slip slip() {
    return slip;
  }

  /** Whether it was opened ahead of sends that were to come. */
  boolean ahead() {
    return ahead;
  }

  @Override
  public void yieldIfIdle() {
    site().port().yieldIfIdle(this);
  }
}
