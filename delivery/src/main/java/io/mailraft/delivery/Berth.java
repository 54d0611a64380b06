package io.mailraft.delivery;

/** A connection's place at a site of a zone. Its fields are guarded by the zone's lock. */
final class Berth {
  private final SmtpConnection connection;
  private final Site site;

  /** Transactions started. */
  int transactions;

  /** Whether a MAIL command was answered on it. */
  boolean proven;

  /** Whether it takes no more work. */
  boolean leaving;

  /** Whether it is closed. */
  boolean gone;

  Berth(SmtpConnection connection, Site site) {
    this.connection = connection;
    this.site = site;
  }

  SmtpConnection connection() {
    return connection;
  }

  Site site() {
    return site;
  }
}
