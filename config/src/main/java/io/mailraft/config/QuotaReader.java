package io.mailraft.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Reads the section {@code quotas}. */
final class QuotaReader {
  private static final int ACCOUNT_CHARS_MAX = 256;

  /** A minute, an hour, a day. */
  private static final int PERIODS = 3;

  private static final String UNLIMITED = "unlimited";

  private QuotaReader() {}

  static Quotas quotas(Section section) {
    Quotas quotas =
        new Quotas(
            entries(section.section("accounts"), QuotaReader::account),
            entries(section.section("senderDomains"), QuotaReader::domain));
    section.end();
    return quotas;
  }

  private static Map<String, Quota> entries(Section section, Function<String, String> spelling) {
    return SpelledEntries.read(section, "quotas", spelling, QuotaReader::quota);
  }

  private static String account(String written) {
    String account = Quotas.account(written);
    if (account.isEmpty()
        || account.length() > ACCOUNT_CHARS_MAX
        || !account.chars().allMatch(c -> c >= ' ' && c <= '~')) {
      throw new IllegalArgumentException(
          "an account is 1 to "
              + ACCOUNT_CHARS_MAX
              + " visible ASCII characters, as it logs in; or default for all others");
    }
    return account;
  }

  private static String domain(String written) {
    try {
      return DomainPattern.parse(written).toString();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "a quota is for a sender domain, like example.com or *.example.com, or for all others:"
              + " default",
          e);
    }
  }

  private static Quota quota(String entry, String written, Section entries) {
    Section section = entries.section(written);
    List<Rate> messages = limits(section, "messages");
    List<Rate> recipients = limits(section, "recipients");
    boolean unlimited = section.flag(UNLIMITED, false);
    section.end();
    boolean limits = section.has("messages") || section.has("recipients");
    if (unlimited && limits) {
      section.refuse(UNLIMITED, "contradicts the limits beside it; keep one or the other");
    } else if (section.isShaped() && !unlimited && !limits) {
      entries.refuse(
          written,
          "limits nothing; give messages, like 1000/hour, or recipients, or both, or unlimited:"
              + " true");
    }
    return new Quota(entry, messages, recipients);
  }

  private static List<Rate> limits(Section section, String key) {
    Map<Duration, Integer> lines = new HashMap<>();
    List<Rate> limits = new ArrayList<>();
    section
        .oneOrMore(
            key,
            PERIODS,
            (text, line) -> {
              Rate limit = limit(text);
              Integer first = lines.putIfAbsent(limit.period(), line);
              if (first != null) {
                throw new IllegalArgumentException(
                    Problems.quoted(text)
                        + " is a second limit for the same time, the first stands in line "
                        + first
                        + "; keep one");
              }
              return limit;
            })
        .forEach(limits::add);
    if (section.has(key) && section.isSound(key) && limits.isEmpty()) {
      section.refuse(key, "is empty; give limits, like [1000/hour, 10000/day]");
    }
    return limits;
  }

  private static Rate limit(String text) {
    IllegalArgumentException none =
        new IllegalArgumentException(
            Problems.quoted(text)
                + " is not a quota; write a number of 1 to 1000000000 and minute, hour or day,"
                + " like 1000/hour");
    try {
      Rate rate = Rate.parse(text);
      if (rate.period().toSeconds() >= 60) {
        return rate;
      }
    } catch (IllegalArgumentException e) {
      none.initCause(e);
    }
    throw none;
  }
}
