package io.mailraft.queue.quota;

import io.mailraft.config.DomainName;
import io.mailraft.config.Quotas;
import io.mailraft.queue.quota.QuotaTable.Row;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * How far a quota is used in its present window, all nodes together.
 *
 * @param used units, with those that nodes hold for the next second
 * @param untilMillis end of the window, Unix milliseconds
 */
public record QuotaUse(Counter counter, long limit, long used, long untilMillis) {
  /** What the name of an entry for all domains below one begins with. */
  private static final String BELOW = "*.";

  /**
   * The quotas of one account or sender domain, used or not.
   *
   * @param name as a client or an operator writes it
   */
  public static List<QuotaUse> of(QuotaTable table, Quotas quotas, String name, long millis) {
    Optional<String> domain =
        name.startsWith(BELOW)
            ? DomainName.of(name.substring(BELOW.length())).map(BELOW::concat)
            : DomainName.of(name);
    return Stream.concat(
            Counter.of(quotas, name, Optional.empty()).stream(),
            Counter.of(quotas, "", domain).stream())
        .flatMap(counter -> use(table, quotas, counter, millis).stream())
        .toList();
  }

  /**
   * The quotas that are in use.
   *
   * @param most how many at most
   */
  public static List<QuotaUse> all(QuotaTable table, Quotas quotas, long millis, int most) {
    return table.rows().keySet().stream()
        .sorted()
        .flatMap(name -> Counter.parse(name).stream())
        .flatMap(counter -> use(table, quotas, counter, millis).stream())
        .filter(use -> use.used() > 0)
        .limit(most)
        .toList();
  }

  private static Optional<QuotaUse> use(
      QuotaTable table, Quotas quotas, Counter counter, long millis) {
    OptionalInt limit = counter.limit(quotas);
    if (limit.isEmpty()) {
      return Optional.empty();
    }
    long window = counter.windowMillis(millis);
    long used =
        table
            .row(counter.name())
            .filter(row -> row.windowMillis() >= window)
            .map(Row::given)
            .orElse(0L);
    return Optional.of(
        new QuotaUse(counter, limit.getAsInt(), used, window + counter.lengthMillis()));
  }
}
