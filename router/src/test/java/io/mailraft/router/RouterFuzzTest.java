package io.mailraft.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.config.Cidr;
import io.mailraft.config.DomainPattern;
import io.mailraft.config.ZoneConfig;
import io.mailraft.config.ZoneRouting;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Random zones and messages, routed by the tables and by a loop over everything. */
final class RouterFuzzTest {
  private static final int DOCUMENTS = 400;
  private static final int MESSAGES = 60;

  private static final List<String> NAMES = List.of("default", "a", "b", "c", "d", "e");
  private static final List<String> LABELS = List.of("a", "b", "c", "x-1", "xn--bcher-kva");
  private static final List<String> VALUES = List.of("1", "Two", "two words", "\u0130", "1 ");

  @Test
  void theTablesAnswerAsALoopOverAllEntriesDoes() {
    long seed = Long.getLong("mailraft.seed", 20_261_122L);
    Random random = new Random(seed);
    for (int document = 0; document < DOCUMENTS; document++) {
      Map<String, ZoneConfig> zones = zones(random);
      Set<String> suspended = new HashSet<>();
      for (int i = random.nextInt(3); i > 0; i--) {
        suspended.add(pick(random, NAMES));
      }
      Router router = new Router(zones, suspended);
      for (int message = 0; message < MESSAGES; message++) {
        Letter letter = letter(random);
        String domain = random.nextInt(20) == 0 ? "[192.0.2.1]" : domain(random);
        Decision decision = router.route(letter.submission()).decide(domain);
        String context =
            "seed %s, document %s, message %s: %s to %s in %s without %s"
                .formatted(seed, document, message, letter, domain, zones, suspended);
        assertThat(new Decision(decision.zone(), decision.rule(), decision.match(), List.of()))
            .as(context)
            .isEqualTo(new Loop(zones, suspended, letter, domain).decide());
        checkRefusals(context, decision, zones, suspended, letter);
        if (decision.refused().isEmpty()) {
          assertThat(new Router(zones, Set.of()).route(letter.submission()).decide(domain))
              .as(context)
              .isEqualTo(decision);
        }
      }
    }
  }

  private static void checkRefusals(
      String context,
      Decision decision,
      Map<String, ZoneConfig> zones,
      Set<String> suspended,
      Letter letter) {
    assertThat(decision.refused())
        .as(context)
        .doesNotHaveDuplicates()
        .isSortedAccordingTo((a, b) -> a.rule().compareTo(b.rule()))
        .allSatisfy(
            refusal -> {
              assertThat(refusal.rule()).isLessThanOrEqualTo(decision.rule());
              switch (refusal.reason()) {
                case SUSPENDED -> assertThat(suspended).contains(refusal.zone());
                case UNKNOWN -> assertThat(zones).doesNotContainKey(refusal.zone());
                case NOT_TRUSTED -> assertThat(letter.trusted()).isFalse();
              }
            });
  }

  @Test
  void whateverAMessageSaysItsZoneExists() {
    long seed = Long.getLong("mailraft.seed", 20_260_103L);
    Random random = new Random(seed);
    Router router = new Router(zones(random), Set.of());
    for (int round = 0; round < 20_000; round++) {
      Letter letter =
          new Letter(
              Map.of("x-a", noise(random)),
              Optional.of(noise(random)).filter(text -> random.nextBoolean()),
              Optional.of(noise(random)).filter(text -> random.nextBoolean()),
              random.nextBoolean(),
              noise(random),
              Optional.empty());
      Decision decision = router.route(letter.submission()).decide(noise(random));
      assertThat(router.zones()).as("seed %s, round %s", seed, round).contains(decision.zone());
    }
  }

  private static String noise(Random random) {
    List<String> parts =
        List.of("default", "A", "a", "@", ".", "..", "[", " ", "\u0130", "\ud800", ",", "x", "\0");
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(6); i > 0; i--) {
      text.append(
          random.nextInt(4) == 0
              ? String.valueOf((char) random.nextInt(0x10000))
              : pick(random, parts));
    }
    return text.toString();
  }

  private static Map<String, ZoneConfig> zones(Random random) {
    Map<String, ZoneConfig> zones = new LinkedHashMap<>();
    Set<Object> taken = new HashSet<>();
    for (String name : NAMES) {
      Map<String, List<String>> headers = new LinkedHashMap<>();
      List<DomainPattern> senders = new ArrayList<>();
      List<DomainPattern> recipients = new ArrayList<>();
      List<Cidr> origins = new ArrayList<>();
      for (int i = random.nextInt(4); i > 0; i--) {
        String header = pick(random, List.of("x-a", "x-b"));
        String value = pick(random, VALUES);
        if (taken.add(List.of(header, lowerCase(value)))) {
          headers.computeIfAbsent(header, absent -> new ArrayList<>()).add(value);
        }
        DomainPattern sender = new DomainPattern(domain(random), random.nextBoolean());
        if (taken.add(List.of("from", sender))) {
          senders.add(sender);
        }
        DomainPattern recipient = new DomainPattern(domain(random), random.nextBoolean());
        if (taken.add(List.of("to", recipient))) {
          recipients.add(recipient);
        }
        Cidr origin = network(random);
        if (taken.add(origin)) {
          origins.add(origin);
        }
      }
      ZoneRouting routing = new ZoneRouting(headers, senders, recipients, origins);
      zones.put(name, new ZoneConfig(name, 1, Optional.empty(), 25, routing));
    }
    return zones;
  }

  private static Letter letter(Random random) {
    Map<String, String> fields = new LinkedHashMap<>();
    for (String name : List.of("x-a", "x-b", "x-c")) {
      if (random.nextInt(4) == 0) {
        fields.put(name, pick(random, VALUES).toUpperCase(Locale.ROOT));
      }
    }
    return new Letter(
        fields,
        Optional.of(domain(random)).filter(text -> random.nextBoolean()),
        Optional.of(random.nextBoolean() ? "nowhere" : pick(random, NAMES))
            .filter(text -> random.nextInt(4) == 0),
        random.nextBoolean(),
        random.nextInt(4) == 0 ? "" : "user@" + domain(random).toUpperCase(Locale.ROOT),
        Optional.of(address(random)).filter(text -> random.nextInt(4) > 0));
  }

  private static String domain(Random random) {
    StringBuilder domain = new StringBuilder(pick(random, LABELS));
    for (int i = random.nextInt(4); i > 0; i--) {
      domain.append('.').append(pick(random, LABELS));
    }
    return domain.toString();
  }

  private static String address(Random random) {
    return random.nextBoolean()
        ? "192.0.2." + (random.nextInt(4) * 64 + random.nextInt(2))
        : "2001:db8::" + Integer.toHexString(random.nextInt(4) << 14) + ":" + random.nextInt(2);
  }

  private static Cidr network(Random random) {
    byte[] bytes = InetAddress.ofLiteral(address(random)).getAddress();
    int prefix = random.nextInt(bytes.length * 8 + 1);
    for (int bit = prefix; bit < bytes.length * 8; bit++) {
      bytes[bit >> 3] &= (byte) ~(0x80 >> (bit & 7));
    }
    try {
      return new Cidr(InetAddress.getByAddress(bytes), prefix);
    } catch (java.net.UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  private static String pick(Random random, List<String> from) {
    return from.get(random.nextInt(from.size()));
  }

  private static String lowerCase(String value) {
    return value.strip().toLowerCase(Locale.ROOT);
  }

  /** The rules as their page tells them, without any table. */
  private record Loop(
      Map<String, ZoneConfig> zones, Set<String> suspended, Letter letter, String domain) {

    Decision decide() {
      Optional<String> named = letter.sendingZone().map(RouterFuzzTest::lowerCase);
      if (letter.trusted() && named.isPresent() && usable(named.get())) {
        return new Decision(named.get(), Rule.SENDING_ZONE, "", List.of());
      }
      return byHeader()
          .or(() -> letter.submission().senderDomain().flatMap(from -> byDomain(from, true)))
          .or(() -> byDomain(domain, false))
          .or(this::byOrigin)
          .orElseGet(() -> new Decision("default", Rule.DEFAULT, "", List.of()));
    }

    private boolean usable(String zone) {
      return zones.containsKey(zone) && !suspended.contains(zone);
    }

    private List<ZoneConfig> usable() {
      return zones.values().stream().filter(zone -> usable(zone.name())).toList();
    }

    private Optional<Decision> byHeader() {
      for (ZoneConfig zone : usable()) {
        for (Map.Entry<String, List<String>> header : zone.routing().headers().entrySet()) {
          String value = letter.fields().get(header.getKey());
          for (String wanted : header.getValue()) {
            if (value != null && lowerCase(value).equals(lowerCase(wanted))) {
              return Optional.of(
                  new Decision(
                      zone.name(),
                      Rule.ROUTING_HEADERS,
                      header.getKey() + ": " + wanted,
                      List.of()));
            }
          }
        }
      }
      return Optional.empty();
    }

    private Optional<Decision> byDomain(String wanted, boolean sender) {
      Rule rule = sender ? Rule.SENDER_DOMAINS : Rule.RECIPIENT_DOMAINS;
      Optional<Decision> best = Optional.empty();
      int bestRank = -1;
      for (ZoneConfig zone : usable()) {
        for (DomainPattern pattern :
            sender ? zone.routing().senderDomains() : zone.routing().recipientDomains()) {
          boolean matches =
              pattern.subdomains()
                  ? !wanted.startsWith("[") && wanted.endsWith("." + pattern.domain())
                  : wanted.equals(pattern.domain());
          int rank = pattern.subdomains() ? pattern.domain().split("\\.", -1).length : 1000;
          if (matches && rank > bestRank) {
            bestRank = rank;
            best = Optional.of(new Decision(zone.name(), rule, pattern.toString(), List.of()));
          }
        }
      }
      return best;
    }

    private Optional<Decision> byOrigin() {
      Optional<Decision> best = Optional.empty();
      int bestPrefix = -1;
      for (ZoneConfig zone : usable()) {
        for (Cidr network : zone.routing().originAddresses()) {
          if (letter.origin().map(InetAddress::ofLiteral).filter(network::contains).isPresent()
              && network.prefix() > bestPrefix) {
            bestPrefix = network.prefix();
            best =
                Optional.of(
                    new Decision(
                        zone.name(), Rule.ORIGIN_ADDRESSES, network.toString(), List.of()));
          }
        }
      }
      return best;
    }
  }
}
