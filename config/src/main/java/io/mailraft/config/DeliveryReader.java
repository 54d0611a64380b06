package io.mailraft.config;

import java.time.Duration;
import java.util.List;

/** Reads the sections {@code delivery} and {@code dns}. */
final class DeliveryReader {
  private static final int SERVERS_MAX = 8;
  private static final int DNS_PORT = 53;
  private static final int RETRIES_MAX = 100;
  private static final Duration TIMEOUT_MIN = Duration.ofMillis(100);
  private static final Duration TIMEOUT_MAX = Duration.ofHours(1);
  private static final Duration RETRY_MIN = Duration.ofMillis(10);
  private static final Duration RETRY_MAX = Duration.ofDays(7);
  private static final List<Duration> RETRY =
      List.of(
          Duration.ofMinutes(5),
          Duration.ofMinutes(7),
          Duration.ofMinutes(8),
          Duration.ofMinutes(25),
          Duration.ofMinutes(75),
          Duration.ofHours(2),
          Duration.ofHours(4));

  private DeliveryReader() {}

  static DeliveryConfig delivery(Section section) {
    List<Duration> retry = section.durations("retry", RETRY, RETRIES_MAX, RETRY_MIN, RETRY_MAX);
    if (retry.isEmpty()) {
      section.refuse("retry", "is empty; give at least one wait, like [5m, 1h]");
    }
    DeliveryConfig delivery =
        new DeliveryConfig(
            section.value("helo", DeliveryReader::helo),
            retry,
            section.duration(
                "expireAfter", Duration.ofDays(2), Duration.ofSeconds(1), Duration.ofDays(30)),
            timeout(section, "connectTimeout", Duration.ofSeconds(30)),
            timeout(section, "greetingTimeout", Duration.ofMinutes(5)),
            timeout(section, "commandTimeout", Duration.ofMinutes(5)),
            timeout(section, "dataStartTimeout", Duration.ofMinutes(2)),
            timeout(section, "dataBlockTimeout", Duration.ofMinutes(3)),
            timeout(section, "dataEndTimeout", Duration.ofMinutes(10)),
            timeout(section, "idleTimeout", Duration.ofSeconds(30)),
            section.integer("maxMessagesPerConnection", 1000, 1, 1_000_000),
            section.integer("maxRecipientsPerTransaction", 100, 1, 10_000));
    section.end();
    return delivery;
  }

  static DnsConfig dns(Section section) {
    DnsConfig dns =
        new DnsConfig(
            section.list("servers", List.of(), SERVERS_MAX, DeliveryReader::server),
            section.duration("timeout", Duration.ofSeconds(5), TIMEOUT_MIN, Duration.ofMinutes(1)));
    section.end();
    return dns;
  }

  private static Duration timeout(Section section, String key, Duration fallback) {
    return section.duration(key, fallback, TIMEOUT_MIN, TIMEOUT_MAX);
  }

  private static String helo(String text) {
    if (!HostSyntax.isName(text)) {
      throw new IllegalArgumentException(
          Problems.quoted(text) + " is not a host name, like mx.example.com");
    }
    return text;
  }

  /** {@code address:port}, or an address alone for port 53. */
  private static HostPort server(String text) {
    if (HostSyntax.literal(text).isPresent()) {
      return new HostPort(text, DNS_PORT);
    }
    HostPort server = HostPort.parse(text);
    if (!server.isLiteral() || server.port() == 0) {
      throw new IllegalArgumentException(
          Problems.quoted(text) + " is not the address of a name server, like 192.0.2.53");
    }
    return server;
  }
}
