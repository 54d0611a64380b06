package io.mailraft.queue;

import io.mailraft.queue.quota.OverQuotaException;
import java.time.Duration;
import java.util.Optional;

/**
 * Why the queue did not take or give something, in terms that an SMTP or HTTP client can be told.
 */
public final class QueueException extends Exception {
  private static final long serialVersionUID = 1L;

  /** The kind of refusal, with its SMTP reply and enhanced status code (RFC 3463). */
  public enum Reason {
    /** No majority answered in time. */
    NO_MAJORITY(451, "4.3.0", "The queue is not available for now, try again later"),
    /** The disk is nearly full. */
    DISK_FULL(452, "4.3.1", "Not enough disk space, try again later"),
    /** More waits already than the limits allow. */
    BUSY(451, "4.3.2", "Too much mail is on its way in, try again later"),
    /** A quota has no room in the present window. */
    OVER_QUOTA(450, "4.7.1", "A quota is used up, try again later"),
    /** The node is shutting down. */
    STOPPING(421, "4.3.2", "The service is shutting down"),
    /** The record will never be accepted. */
    INVALID(554, "5.6.0", "The message cannot be stored"),
    /** Parts of it took too long to come in, and were collected. */
    COLLECTED(451, "4.3.0", "The message took too long to come in, hand it in again"),
    /** A node of the cluster is of an older version, which could not apply what was asked for. */
    OLDER_NODE(451, "4.3.5", "A node of the cluster has to be upgraded first"),
    /** The idempotency key stands for another request. */
    KEY_USED(554, "5.5.0", "The idempotency key was used for another request"),
    /** There is no such message, or it has ended. */
    UNKNOWN(550, "5.1.0", "No such message");

    private final int code;
    private final String enhanced;
    private final String text;

    Reason(int code, String enhanced, String text) {
      this.code = code;
      this.enhanced = enhanced;
      this.text = text;
    }

    /** SMTP reply code (RFC 5321 4.2). */
    public int code() {
      return code;
    }

    /** Enhanced status code (RFC 3463). */
    public String enhanced() {
      return enhanced;
    }

    /** One sentence for the client, without any inner detail. */
    public String text() {
      return text;
    }

    /** Whether a later try can succeed. */
    public boolean temporary() {
      return code < 500;
    }
  }

  private final Reason reason;
  private final String text;
  private final transient Optional<Duration> retryAfter;

  public QueueException(Reason reason, String detail) {
    super(detail);
    this.reason = reason;
    this.text = reason.text();
    this.retryAfter = Optional.empty();
  }

  public QueueException(Reason reason, String detail, Throwable cause) {
    super(detail, cause);
    this.reason = reason;
    this.text = reason.text();
    this.retryAfter = Optional.empty();
  }

  /** A quota has no room. */
  public QueueException(OverQuotaException over) {
    super(String.valueOf(over.getMessage()), over);
    this.reason = Reason.OVER_QUOTA;
    this.text = over.words();
    this.retryAfter = Optional.of(over.retryAfter());
  }

  /** One sentence for the client, without any inner detail or name. */
  public String text() {
    return text;
  }

  /** Whether a commit that ended so may have stored the message all the same. */
  public boolean mayBeStored() {
    return switch (reason) {
      case NO_MAJORITY, BUSY, STOPPING -> true;
      case DISK_FULL, OVER_QUOTA, COLLECTED, OLDER_NODE, INVALID, KEY_USED, UNKNOWN -> false;
    };
  }

  /** When another try may succeed, where that is known. */
  public Optional<Duration> retryAfter() {
    return retryAfter;
  }

  public Reason reason() {
    return reason;
  }
}
