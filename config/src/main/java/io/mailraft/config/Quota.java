package io.mailraft.config;

import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;

/**
 * One entry of {@code quotas}: how much an account or a sender domain may hand in.
 *
 * @param entry its key in the document: an account, a domain pattern, or {@code default}
 * @param messages most messages in a minute, an hour, a day; each at most once
 * @param recipients most recipients likewise
 */
public record Quota(String entry, List<Rate> messages, List<Rate> recipients) {

  /** What is counted. */
  public enum Unit {
    /** Each message as one. */
    MESSAGES,
    /** Each message as many as it has deliveries. */
    RECIPIENTS
  }

  /** Key of the entry that stands for accounts or domains without one of their own. */
  public static final String DEFAULT = "default";

  public Quota {
    messages = List.copyOf(messages);
    recipients = List.copyOf(recipients);
  }

  /** The limits of a unit. */
  public List<Rate> limits(Unit unit) {
    return switch (unit) {
      case MESSAGES -> messages;
      case RECIPIENTS -> recipients;
    };
  }

  /** The limit of a unit in windows of that length; empty where there is none. */
  public OptionalInt limit(Unit unit, Duration period) {
    return limits(unit).stream()
        .filter(limit -> limit.period().equals(period))
        .mapToInt(Rate::count)
        .findFirst();
  }

  /** Whether it limits nothing: an exception from {@code default}. */
  public boolean unlimited() {
    return messages.isEmpty() && recipients.isEmpty();
  }
}
