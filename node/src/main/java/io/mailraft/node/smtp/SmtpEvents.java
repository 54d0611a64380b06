package io.mailraft.node.smtp;

/** What happens at an SMTP listener, for metrics. Called by many threads; must not block. */
public interface SmtpEvents {

  /** Why a connection was refused before its session began. */
  enum Refusal {
    /** The client's address is not on the allow list. */
    NOT_ALLOWED,
    /** The listener holds as many connections as it may. */
    TOO_MANY_CONNECTIONS,
    /** The client's address holds as many connections as it may. */
    TOO_MANY_OF_ADDRESS,
    /** The listener is stopping. */
    STOPPING
  }

  /** A session began. */
  void sessionOpened();

  /** A session ended. */
  void sessionClosed();

  /** A connection was refused. */
  void sessionRefused(Refusal reason);

  /** A message was accepted: a majority has it. */
  void messageAccepted(long bytes, int recipients);

  /**
   * The content of a message was refused.
   *
   * @param code SMTP reply code
   * @param enhanced enhanced status code
   */
  void messageRefused(int code, String enhanced);
}
