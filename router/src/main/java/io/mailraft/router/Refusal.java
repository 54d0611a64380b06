package io.mailraft.router;

/**
 * A zone that a rule named and that does not get the mail all the same.
 *
 * @param zone its name; where the message names it, shortened and without control characters
 * @param rule the rule that named it
 * @param reason why it was passed over
 */
public record Refusal(String zone, Rule rule, Reason reason) {

  /** Why a named zone is passed over. */
  public enum Reason {
    /** There is no zone of that name. */
    UNKNOWN("unknown"),
    /** The zone is suspended. */
    SUSPENDED("suspended"),
    /** X-Sending-Zone is not honoured where this message came in. */
    NOT_TRUSTED("not trusted");

    private final String text;

    Reason(String text) {
      this.text = text;
    }

    /** The reason in words. */
    public String text() {
      return text;
    }
  }
}
