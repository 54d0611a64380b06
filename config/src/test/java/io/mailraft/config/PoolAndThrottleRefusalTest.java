package io.mailraft.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.stream.Collector;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each refusal of pools, warm-ups and throttles, with its exact line and message. */
final class PoolAndThrottleRefusalTest {

  private static void assertRefused(String yaml, String message) {
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> ClusterYaml.parse(yaml, "f"))
        .withMessage(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "pool: 192.0.2.1|pool: expected a list of { ... }, found '192.0.2.1'",
        "pool: {address: 192.0.2.1}|pool: expected a list of { ... }, found keys and values",
        "pool: [192.0.2.1]|pool[0]: expected keys and values, found '192.0.2.1'",
        "pool: [{}]|pool[0].address: missing; a source is { address: 192.0.2.10, name: a.mx.example }",
        "pool: [{address: a.example}]|pool[0].address: 'a.example' is not an address, like 192.0.2.1"
            + " or 2001:db8::1",
        "pool: [{address: 192.0.2.0/24}]|pool[0].address: '192.0.2.0/24' is not an address, like"
            + " 192.0.2.1 or 2001:db8::1",
        "pool: [{address: 0.0.0.0}]|pool[0].address: 0.0.0.0 is no address to send from; give one"
            + " that a node owns",
        "pool: [{address: '::'}]|pool[0].address: :: is no address to send from; give one that a node"
            + " owns",
        "pool: [{address: 224.0.0.1}]|pool[0].address: 224.0.0.1 is no address to send from; give one"
            + " that a node owns",
        "pool: [{address: 'ff02::1'}]|pool[0].address: ff02::1 is no address to send from; give one"
            + " that a node owns",
        "pool: [{address: 255.255.255.255}]|pool[0].address: 255.255.255.255 is no address to send"
            + " from; give one that a node owns",
        "pool: [{address: 192.0.2.1}, {address: '::ffff:192.0.2.1'}]|pool[1].address: 192.0.2.1 is in"
            + " this pool already, in line 3; give one of the two more weight instead",
        "pool: [{address: 192.0.2.1, weight: 0}]|pool[0].weight: 0 is not in 1 to 1000",
        "pool: [{address: 192.0.2.1, weight: 1001}]|pool[0].weight: 1001 is not in 1 to 1000",
        "pool: [{address: 192.0.2.1, weight: 1.5}]|pool[0].weight: '1.5' is not a whole number;"
            + " expected 1 to 1000",
        "pool: [{address: 192.0.2.1, name: a b}]|pool[0].name: 'a b' is not a host name, like"
            + " a.mx.example",
        "pool: [{address: 192.0.2.1, name: 192.0.2.1}]|pool[0].name: '192.0.2.1' is not a host name,"
            + " like a.mx.example",
        "pool: [{address: 192.0.2.1, helo: a.example}]|pool[0].helo: unknown key; known here:"
            + " address, name, weight, warmup",
        "pool: [{address: 192.0.2.1, warmup: 5}]|pool[0].warmup: expected keys and values, found '5'",
        "pool: [{address: 192.0.2.1, warmup: {start: 2026-02-30, perDay: [1]}}]|pool[0].warmup.start:"
            + " '2026-02-30' is not a day, like 2026-01-31",
        "pool: [{address: 192.0.2.1, warmup: {start: 1.1.2026, perDay: [1]}}]|pool[0].warmup.start:"
            + " '1.1.2026' is not a day, like 2026-01-31",
        "pool: [{address: 192.0.2.1, warmup: {perDay: [1]}}]|pool[0].warmup.start: missing; a warm-up"
            + " is { start: 2026-01-01, perDay: [50, 100, 500, 2000] }",
        "pool: [{address: 192.0.2.1, warmup: {start: 2026-01-01}}]|pool[0].warmup.perDay: missing; a"
            + " warm-up is { start: 2026-01-01, perDay: [50, 100, 500, 2000] }",
        "pool: [{address: 192.0.2.1, warmup: {start: 2026-01-01, perDay: []}}]|pool[0].warmup.perDay:"
            + " is empty; give the sends of each day, like [50, 100, 500]",
        "pool: [{address: 192.0.2.1, warmup: {start: 2026-01-01, perDay: [0]}}]|"
            + "pool[0].warmup.perDay: '0' is not a number of sends, 1 to 1000000000",
        "pool: [{address: 192.0.2.1, warmup: {start: 2026-01-01, perDay: [1000000001]}}]|"
            + "pool[0].warmup.perDay: '1000000001' is not a number of sends, 1 to 1000000000",
        "pool: [{address: 192.0.2.1, warmup: {start: 2026-01-01, perDay: [50, 500, 100]}}]|"
            + "pool[0].warmup.perDay: 100 comes after 500; no day takes less than the one before it",
        "ipv6: always|ipv6: 'always' is not one of auto, prefer, never",
        "poolHash: recipient_domain|poolHash: 'recipient_domain' is not one of none, from,"
            + " recipient-domain",
        "throttle: fast|throttle: 'fast' is not a rate; write a number of 1 to 1000000000 and second,"
            + " minute, hour or day, like 600/minute",
        "throttle: 0/second|throttle: '0/second' is not a rate; write a number of 1 to 1000000000 and"
            + " second, minute, hour or day, like 600/minute",
        "throttle: {rate: 1/second}|throttle: expected one value, found keys and values"
      })
  void aZoneThatCannotBeUsedIsRefused(String key, String message) {
    assertRefused("zones:\n  eu:\n    " + key + "\n", "f:3: zones.eu." + message);
  }

  @Test
  void aWarmUpHasAYearOfDaysAtMost() throws ConfigException {
    String days = IntStream.rangeClosed(1, 366).mapToObj(String::valueOf).collect(list());
    String zone =
        "zones: {eu: {pool: [{address: 192.0.2.1, warmup: {start: 2026-01-01, perDay: %s}}]}}";
    assertThat(ClusterYaml.parse(zone.formatted("[" + days + "]"), "f").zones()).hasSize(2);
    assertRefused(
        zone.formatted("[" + days + ", 367]"),
        "f:1: zones.eu.pool[0].warmup.perDay: 367 entries; expected at most 366");
  }

  @Test
  void anAddressHasOneWarmUpInAllPools() throws ConfigException {
    String zones =
        """
        zones:
          eu:
            pool:
            - { address: 192.0.2.1, warmup: { start: 2026-01-01, perDay: [5] } }
            - { address: 192.0.2.2 }
          us:
            pool:
            - { address: %s }
        """;
    String first =
        ", in line %d, says %s of %s; its sends are counted together, so every pool must say the same";
    assertRefused(
        zones.formatted("192.0.2.1"),
        "f:8: zones.us.pool[0].address: the pool of zone eu"
            + first.formatted(4, "a warm-up", "192.0.2.1"));
    assertRefused(
        zones.formatted("192.0.2.1, warmup: { start: 2026-01-01, perDay: [6] }"),
        "f:8: zones.us.pool[0].warmup: the pool of zone eu"
            + first.formatted(4, "another warm-up", "192.0.2.1"));
    assertRefused(
        zones.formatted("192.0.2.2, warmup: { start: 2026-01-01, perDay: [5] }"),
        "f:8: zones.us.pool[0].warmup: the pool of zone eu"
            + first.formatted(5, "nothing of a warm-up", "192.0.2.2"));
    String same = zones.formatted("192.0.2.1, warmup: { start: 2026-01-01, perDay: [5] }");
    assertThat(ClusterYaml.parse(same, "f").zones()).containsKey("us");
  }

  private static Collector<CharSequence, ?, String> list() {
    return Collectors.joining(", ");
  }

  @Test
  void aPoolIsBounded() {
    String sources =
        IntStream.rangeClosed(0, 4096)
            .mapToObj(n -> "{address: 10.0." + n / 256 + "." + n % 256 + "}")
            .collect(list());
    assertRefused(
        "zones: {eu: {pool: [" + sources + "]}}",
        "f:1: zones.eu.pool: 4097 entries; expected at most 4096");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "a.example: 5/second|a.example: expected keys and values, found '5/second'",
        "a.example: {}|a.example: limits nothing; give rate, like 600/minute, or connections, or both",
        "a.example:|a.example: limits nothing; give rate, like 600/minute, or connections, or both",
        "a.example: {per: zone}|a.example: limits nothing; give rate, like 600/minute, or"
            + " connections, or both",
        "a.example: {burst: 5}|a.example.burst: is part of a rate, and there is none; give rate too",
        "a.example: {burst: 5, connections: 5}|a.example.burst: is part of a rate, and there is none;"
            + " give rate too",
        "a.example: {rate: 5/second, burst: 0}|a.example.burst: 0 is not in 1 to 1000000000",
        "a.example: {rate: 5/week}|a.example.rate: '5/week' is not a rate; write a number of 1 to"
            + " 1000000000 and second, minute, hour or day, like 600/minute",
        "a.example: {rate: 600}|a.example.rate: '600' is not a rate; write a number of 1 to"
            + " 1000000000 and second, minute, hour or day, like 600/minute",
        "a.example: {connections: 0}|a.example.connections: 0 is not in 1 to 100000",
        "a.example: {connections: 5, per: domain}|a.example.per: 'domain' is not one of cluster,"
            + " zone, source",
        "a.example: {rates: 5/second}|a.example.rates: unknown key; did you mean rate?",
        "a b.example: {connections: 5}|a b.example: a throttle is for a domain, like example.com or"
            + " *.example.com, for MX hosts, like mx:*.example.net, or for all others: default",
        "'mx:': {connections: 5}|mx:: a throttle is for a domain, like example.com or *.example.com,"
            + " for MX hosts, like mx:*.example.net, or for all others: default",
        "'mx:a..b': {connections: 5}|mx:a..b: a throttle is for a domain, like example.com or"
            + " *.example.com, for MX hosts, like mx:*.example.net, or for all others: default",
        "'*': {connections: 5}|*: a throttle is for a domain, like example.com or *.example.com, for"
            + " MX hosts, like mx:*.example.net, or for all others: default",
        "'zone:bulk': {connections: 5}|zone:bulk: a throttle is for a domain, like example.com or"
            + " *.example.com, for MX hosts, like mx:*.example.net, or for all others: default",
        "Default: {connections: 5}|Default: write default, in lower case"
      })
  void aThrottleThatCannotBeUsedIsRefused(String entry, String message) {
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> ClusterYaml.parse("throttles:\n  " + entry + "\n", "f"))
        .satisfies(
            refused ->
                assertThat(String.valueOf(refused.getMessage()).lines())
                    .contains("f:2: throttles." + message));
  }

  @Test
  void aDomainHasOneEntryInWhateverSpelling() throws ConfigException {
    assertRefused(
        """
        throttles:
          gmail.com: { rate: 600/minute }
          "*.b\u00fccher.example": { connections: 5 }
          "mx:MX.example": { connections: 5 }
          GMail.com: { connections: 5 }
          "*.xn--bcher-kva.example": { connections: 5 }
          "mx:mx.example": { connections: 5 }
        """,
        """
        f:5: throttles.GMail.com: is 'gmail.com' in another spelling, which stands in line 2; keep one
        f:6: throttles.*.xn--bcher-kva.example: is '*.b\u00fccher.example' in another spelling, which stands in line 3; keep one
        f:7: throttles.mx:mx.example: is 'mx:MX.example' in another spelling, which stands in line 4; keep one"""
            .stripIndent());
    assertThat(
            ClusterYaml.parse(
                    "throttles: { A.example: { connections: 1 }, '*.a.example': { connections: 2 },"
                        + " 'mx:a.example': { connections: 3 } }",
                    "f")
                .throttles()
                .entries())
        .containsOnlyKeys("a.example", "*.a.example", "mx:a.example");
  }

  @Test
  void moreThanAHundredThousandThrottlesAreRefused() {
    String entries =
        IntStream.rangeClosed(0, 100_000)
            .mapToObj(n -> "d" + n + ".de: {connections: 1}")
            .collect(Collectors.joining("\n  "));
    assertRefused(
        "throttles:\n  " + entries, "f:100002: throttles.d100000.de: more than 100000 throttles");
  }

  @ParameterizedTest
  @CsvSource({
    "0s,0s is not in 1s to 30d",
    "31d,31d is not in 1s to 30d",
    "6,'''6'' is not a duration; write a whole number with ms, s, m, h or d, like 30s'"
  })
  void aPauseHasItsRange(String pause, String message) {
    assertRefused("zones: {}\nblocklistPause: " + pause, "f:2: blocklistPause: " + message);
  }

  @Test
  void everyProblemOfADocumentIsToldAtOnce() {
    assertRefused(
        """
        version: soon
        zones:
          bulk:
            pool:
              - { address: 192.0.2.10, weight: 3 }
              - { address: 192.0.2.10, wieght: 3 }
            throttle: 100
        throttles:
          default: { burst: 3 }
        """,
        """
        f:1: version: 'soon' is not a version; keep the number that "mailraft config get" printed
        f:6: zones.bulk.pool[1].wieght: unknown key; did you mean weight?
        f:6: zones.bulk.pool[1].address: 192.0.2.10 is in this pool already, in line 5; give one of the two more weight instead
        f:7: zones.bulk.throttle: '100' is not a rate; write a number of 1 to 1000000000 and second, minute, hour or day, like 600/minute
        f:9: throttles.default.burst: is part of a rate, and there is none; give rate too"""
            .stripIndent());
  }
}
