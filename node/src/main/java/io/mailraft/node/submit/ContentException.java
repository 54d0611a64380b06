package io.mailraft.node.submit;

/** The content of a message is none that the listener takes. */
public final class ContentException extends Exception {
  private static final long serialVersionUID = 1L;

  /** What is wrong with it. */
  public enum Fault {
    /** It has more bytes than the listener takes. */
    TOO_LARGE("the message is too large"),
    /** Its header section has. */
    HEADER_TOO_LARGE("the header section is too large"),
    /** It has more Received fields than hops that it can have made. */
    MAIL_LOOP("the message is in a mail loop");

    private final String text;

    Fault(String text) {
      this.text = text;
    }
  }

  private final Fault fault;

  ContentException(Fault fault) {
    super(fault.text);
    this.fault = fault;
  }

  /** What is wrong with it. */
  public Fault fault() {
    return fault;
  }
}
