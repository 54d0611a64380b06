package io.mailraft.queue.quota;

import io.mailraft.config.Quota;
import io.mailraft.config.Quotas;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One thing that is counted, over windows of one length: the messages of an account in an hour.
 *
 * @param scope whose
 * @param key the account, the sender domain, or the pattern whose domains are counted together
 */
public record Counter(Scope scope, String key, Quota.Unit unit, Period period) {

  /** Who has a quota. */
  public enum Scope {
    ACCOUNT,
    DOMAIN
  }

  /** Length of a window. Windows begin where UTC's minutes, hours and days do. */
  public enum Period {
    MINUTE(Duration.ofMinutes(1)),
    HOUR(Duration.ofHours(1)),
    DAY(Duration.ofDays(1));

    private final Duration length;

    Period(Duration length) {
      this.length = length;
    }

    Duration length() {
      return length;
    }
  }

  /**
   * The name in the log, in tables and for people: {@code account:shop@example.com messages/hour}.
   */
  public String name() {
    return word(scope) + ":" + key + " " + word(unit) + "/" + word(period);
  }

  /** The counter of a name; empty where the text is none. */
  public static Optional<Counter> parse(String name) {
    int colon = name.indexOf(':');
    int space = name.lastIndexOf(' ');
    int slash = name.lastIndexOf('/');
    if (colon < 0 || space < colon || slash < space) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new Counter(
              Scope.valueOf(constant(name.substring(0, colon))),
              name.substring(colon + 1, space),
              Quota.Unit.valueOf(constant(name.substring(space + 1, slash))),
              Period.valueOf(constant(name.substring(slash + 1)))));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** A constant as names have it. */
  public static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static String constant(String word) {
    return word.toUpperCase(Locale.ROOT);
  }

  /**
   * The counters in which a message counts.
   *
   * @param account empty for nobody in particular, who has no quota
   */
  public static List<Counter> of(Quotas quotas, String account, Optional<String> senderDomain) {
    List<Counter> counters = new ArrayList<>();
    String name = Quotas.account(account);
    if (!name.isEmpty()) {
      quotas.ofAccount(name).ifPresent(quota -> add(counters, Scope.ACCOUNT, name, quota));
    }
    senderDomain.ifPresent(
        domain ->
            quotas
                .ofDomain(domain)
                .ifPresent(quota -> add(counters, Scope.DOMAIN, key(domain, quota), quota)));
    return counters;
  }

  /** Domains below one are counted together, those of {@code default} each for itself. */
  private static String key(String domain, Quota quota) {
    return quota.entry().equals(Quota.DEFAULT) ? domain : quota.entry();
  }

  private static void add(List<Counter> counters, Scope scope, String key, Quota quota) {
    for (Quota.Unit unit : Quota.Unit.values()) {
      for (Period period : Period.values()) {
        if (quota.limit(unit, period.length()).isPresent()) {
          counters.add(new Counter(scope, key, unit, period));
        }
      }
    }
  }

  /** The limit by the cluster document; empty where it has none. */
  public OptionalInt limit(Quotas quotas) {
    Optional<Quota> quota =
        switch (scope) {
          case ACCOUNT -> quotas.ofAccount(key);
          case DOMAIN ->
              key.startsWith("*.")
                  ? Optional.ofNullable(quotas.senderDomains().get(key))
                  : quotas.ofDomain(key).filter(found -> key(key, found).equals(key));
        };
    return quota.map(found -> found.limit(unit, period.length())).orElse(OptionalInt.empty());
  }

  /** Begin of the window that holds a moment; both Unix milliseconds. */
  public long windowMillis(long atMillis) {
    return atMillis - Math.floorMod(atMillis, lengthMillis());
  }

  /** Length of a window. */
  public long lengthMillis() {
    return period.length().toMillis();
  }
}
