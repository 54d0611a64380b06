package io.mailraft.testkit;

/** A point of an SMTP session at which a {@link Script} is asked. */
public enum Stage {
  /** A client has connected. */
  CONNECT,
  /** EHLO; the argument is the client's name. */
  EHLO,
  /** HELO; the argument is the client's name. */
  HELO,
  /** STARTTLS. */
  STARTTLS,
  /** MAIL; the argument is the reverse path without brackets. */
  MAIL,
  /** RCPT; the argument is the forward path without brackets. */
  RCPT,
  /** DATA, before the answer to it. */
  DATA,
  /**
   * 354 was said and nothing of the content is read yet; a script that blocks here holds up the
   * content.
   */
  CONTENT,
  /** The final dot was read, nothing is answered yet. */
  DOT,
  /** RSET. */
  RSET,
  /** QUIT. */
  QUIT
}
