package io.mailraft.router;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.mailraft.config.Cidr;
import io.mailraft.config.DomainPattern;
import io.mailraft.config.ZoneConfig;
import io.mailraft.config.ZoneRouting;
import io.mailraft.node.message.HeaderSection;
import java.net.InetAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * Routing one message with one recipient among 1,000 zones with 100,000 domains, headers read as
 * the front door reads them. Each rule is measured where it is the one that decides, after all
 * before it have been asked in vain; the messages are all different.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RouterBenchmark {
  private static final int ZONES = 1000;
  private static final int DOMAINS_OF_ZONE = 50;
  private static final int MESSAGES = 8192;

  private record Mail(Submission submission, String domain) {}

  /** The rule that decides. */
  @Param({
    "SENDING_ZONE",
    "ROUTING_HEADERS",
    "SENDER_DOMAINS",
    "RECIPIENT_DOMAINS",
    "ORIGIN_ADDRESSES",
    "DEFAULT"
  })
  private Rule rule;

  private final List<Mail> mails = new ArrayList<>();
  private final Router router = new Router(zones(), Set.of());
  private int next;

  private static Map<String, ZoneConfig> zones() {
    Map<String, ZoneConfig> zones = new LinkedHashMap<>();
    for (int zone = 0; zone < ZONES; zone++) {
      String name = zone == 0 ? Router.DEFAULT_ZONE : "zone-" + zone;
      List<DomainPattern> senders = new ArrayList<>();
      List<DomainPattern> recipients = new ArrayList<>();
      for (int i = 0; i < DOMAINS_OF_ZONE; i++) {
        senders.add(DomainPattern.parse((i % 10 == 0 ? "*." : "") + sender(zone, i)));
        recipients.add(DomainPattern.parse((i % 10 == 0 ? "*." : "") + recipient(zone, i)));
      }
      ZoneRouting routing =
          new ZoneRouting(
              Map.of("x-user-id", List.of("user-" + zone), "x-class-" + zone % 7, List.of(name)),
              senders,
              recipients,
              List.of(
                  Cidr.parse("10." + zone / 250 + "." + zone % 250 + ".0/24"),
                  Cidr.parse("10.200." + zone / 250 + "." + zone % 250),
                  Cidr.parse("2001:db8:" + Integer.toHexString(zone) + "::/48")));
      zones.put(name, new ZoneConfig(name, 50, Optional.empty(), 25, routing));
    }
    return zones;
  }

  private static String sender(int zone, int i) {
    return "customer-" + i + ".of-zone-" + zone + ".example.com";
  }

  private static String recipient(int zone, int i) {
    return "mailbox-" + i + ".of-zone-" + zone + ".example.net";
  }

  /** Makes the messages, of zones and domains at random. */
  @Setup
  public void write() {
    Random random = new Random(1);
    for (int i = 0; i < MESSAGES; i++) {
      int zone = 1 + random.nextInt(ZONES - 1);
      int domain = random.nextInt(DOMAINS_OF_ZONE);
      String below = domain % 10 == 0 ? "a.b." : "";
      String header =
          (rule == Rule.SENDING_ZONE ? "X-Sending-Zone: zone-" + zone + "\r\n" : "")
              + (rule == Rule.ROUTING_HEADERS ? "X-User-Id: user-" + zone + "\r\n" : "")
              + "From: Sender <sender@"
              + (rule == Rule.SENDER_DOMAINS ? below + sender(zone, domain) : "a." + i + ".example")
              + ">\r\nTo: <reader@example.net>\r\nSubject: measured\r\n"
              + "Date: Thu, 1 Jan 2026 00:00:00 +0000\r\nMessage-Id: <1@example.com>\r\n\r\n";
      HeaderSection section = new HeaderSection(1 << 16);
      byte[] bytes = header.getBytes(US_ASCII);
      section.accept(bytes, 0, bytes.length);
      Submission submission =
          new Submission(
              section.seal("example.com", Instant.EPOCH),
              "sender@example.org",
              Optional.of(
                  InetAddress.ofLiteral(
                      rule == Rule.ORIGIN_ADDRESSES
                          ? "10." + zone / 250 + "." + zone % 250 + "." + i % 256
                          : "192.0.2." + i % 256)),
              true);
      mails.add(
          new Mail(
              submission,
              rule == Rule.RECIPIENT_DOMAINS ? below + recipient(zone, domain) : "x." + i + ".org"));
    }
    for (Mail mail : mails) {
      if (route(mail).rule() != rule) {
        throw new IllegalStateException("not decided by " + rule);
      }
    }
  }

  private Decision route(Mail mail) {
    return router.route(mail.submission()).decide(mail.domain());
  }

  @Benchmark
  public Decision route() {
    Mail mail = mails.get(next++ & (MESSAGES - 1));
    return route(mail);
  }
}
