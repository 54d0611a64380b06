package io.mailraft.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The routing keys of zones, and {@code trustRouting} of listeners. */
final class RoutingConfigTest {

  private static Map<String, ZoneConfig> zones(String yaml) throws ConfigException {
    return ClusterYaml.parse(yaml, "f").zones();
  }

  private static String text(Map<String, ZoneConfig> zones) {
    return ClusterYaml.format(
        new ClusterSettings(zones, Throttles.NONE, ClusterSettings.BLOCKLIST_PAUSE));
  }

  private static ZoneRouting routing(String zone, String yaml) throws ConfigException {
    return zones(yaml).getOrDefault(zone, new ZoneConfig("", 0, Optional.empty(), 0)).routing();
  }

  @Test
  void eachKeyIsReadInItsOneSpelling() throws ConfigException {
    ZoneRouting routing =
        routing(
            "bulk",
            """
                zones:
                  bulk:
                    routingHeaders: { X-User-Id: "123", x-flag: [Yes please, 'no: never'], x-user-ID: ["124", "123"] }
                    senderDomains: [Example.COM, "*.b\u00fccher.example", example.com]
                    recipientDomains: [xn--BCHER-kva.example]
                    originAddresses: [192.0.2.0/24, "2001:db8::/32", 198.51.100.7]
                """);
    assertThat(routing)
        .isEqualTo(
            new ZoneRouting(
                Map.of(
                    "x-user-id",
                    List.of("123", "124"),
                    "x-flag",
                    List.of("Yes please", "no: never")),
                List.of(
                    new DomainPattern("example.com", false),
                    new DomainPattern("xn--bcher-kva.example", true)),
                List.of(new DomainPattern("xn--bcher-kva.example", false)),
                List.of(
                    Cidr.parse("192.0.2.0/24"),
                    Cidr.parse("2001:db8::/32"),
                    Cidr.parse("198.51.100.7/32"))));
    assertThat(routing.headers().keySet()).containsExactly("x-user-id", "x-flag");
  }

  @Test
  void aZoneWithoutTheKeysIsNamedByNoRule() throws ConfigException {
    assertThat(routing("eu", "zones: { eu: { routingHeaders: , senderDomains: [] } }"))
        .isEqualTo(ZoneRouting.NONE);
    assertThat(routing("default", "")).isEqualTo(ZoneRouting.NONE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "senderDomains: [a b.example]|senderDomains: 'a b.example' is not a domain; write example.com,"
            + " or *.example.com for all below it",
        "senderDomains: ['*']|senderDomains: '*' is not a domain; write example.com, or *.example.com"
            + " for all below it",
        "recipientDomains: ['x.*.example']|recipientDomains: 'x.*.example' is not a domain; write"
            + " example.com, or *.example.com for all below it",
        "recipientDomains: ['[192.0.2.1]']|recipientDomains: '[192.0.2.1]' is not a domain; write"
            + " example.com, or *.example.com for all below it",
        "recipientDomains: gmail.com|recipientDomains: expected a list like [a, b], found 'gmail.com'",
        "originAddresses: [192.0.2.1/24]|originAddresses: 192.0.2.1 has bits set beyond its prefix;"
            + " write 192.0.2.0/24",
        "originAddresses: [example.com]|originAddresses: 'example.com' is not a network; write"
            + " address/prefix, like 192.0.2.0/24",
        "routingHeaders: [x]|routingHeaders: expected keys and values, found a list",
        "routingHeaders: {'x y': 1}|routingHeaders.x y: a header's name is 1 to 100 printable ASCII"
            + " characters without :",
        "routingHeaders: {X-Sending-Zone: eu}|routingHeaders.X-Sending-Zone: X-Sending-Zone names a"
            + " zone by itself; use a header of your own here",
        "routingHeaders: {Bcc: a@b.example}|routingHeaders.Bcc: this header is removed from every"
            + " message; use another one",
        "routingHeaders: {x: ' '}|routingHeaders.x: is empty; give the header's whole value",
        "routingHeaders: {x: true}|routingHeaders.x: expected text or a number, found true",
        "routingHeaders: {x: }|routingHeaders.x: has no value; give one, or leave the key out for the"
            + " default",
        "routingHeaders: {x: {y: z}}|routingHeaders.x: expected a list like [a, b], found keys and"
            + " values",
        "routingHeaders: {x: \"a\\tb\"}|routingHeaders.x: 'a?b' holds a control character, which no"
            + " header's value does",
        "senderDomain: [a.example]|senderDomain: unknown key; did you mean senderDomains?"
      })
  void whatCannotBeUsedIsRefusedWithItsLine(String key, String message) {
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> zones("zones:\n  eu:\n    " + key + "\n"))
        .withMessage("f:3: zones.eu." + message);
  }

  @Test
  void aValueLongerThanAnyHeaderNeedsIsRefused() {
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(
            () -> zones("zones: { eu: { routingHeaders: { x: " + "v".repeat(256) + " } } }"))
        .withMessageEndingWith("is longer than 255 characters");
  }

  @Test
  void equalKeysOfTwoZonesContradictEachOther() {
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(
            () ->
                zones(
                    """
                    zones:
                      a:
                        routingHeaders: { x-user-id: [a, Bulk] }
                        senderDomains: [example.com, "*.example.com"]
                        recipientDomains:
                          - b\u00fccher.example
                        originAddresses: [192.0.2.0/24]
                      b:
                        routingHeaders: { X-User-ID: bulk }
                        senderDomains:
                          - example.net
                          - EXAMPLE.com
                          - "*.example.com"
                        recipientDomains: [xn--bcher-kva.example, example.com]
                        originAddresses: [192.0.2.0/24]
                    """))
        .withMessage(
            """
            f:9: zones.b.routingHeaders.X-User-ID: 'x-user-id: bulk' is the zone 'a''s already, in line 3; give it to one of the two
            f:12: zones.b.senderDomains: 'EXAMPLE.com' is the zone 'a''s already, in line 4; give it to one of the two
            f:13: zones.b.senderDomains: '*.example.com' is the zone 'a''s already, in line 4; give it to one of the two
            f:14: zones.b.recipientDomains: 'xn--bcher-kva.example' is the zone 'a''s already, in line 6; give it to one of the two
            f:15: zones.b.originAddresses: '192.0.2.0/24' is the zone 'a''s already, in line 7; give it to one of the two"""
                .stripIndent());
  }

  @Test
  void overlappingKeysAreNoContradiction() throws ConfigException {
    assertThat(
            zones(
                """
                zones:
                  a: { senderDomains: ["*.example.com"], originAddresses: [192.0.2.0/24] }
                  b: { senderDomains: [www.example.com, "*.eu.example.com"], originAddresses: [192.0.2.0/25] }
                """))
        .containsOnlyKeys("a", "b", "default");
  }

  @Test
  void whatIsFormattedIsReadBack() throws ConfigException {
    long seed = Long.getLong("mailraft.seed", 20_261_121L);
    Random random = new Random(seed);
    List<String> values =
        List.of(
            "123",
            "null",
            "true",
            "a: b",
            "x\"y\\z",
            "# no",
            "[a",
            "\u00fc\ud83d\ude00",
            "~",
            "- a",
            "'",
            "a.b");
    for (int round = 0; round < 300; round++) {
      Map<String, ZoneConfig> zones = new LinkedHashMap<>();
      for (String name : List.of("eu", "null", "default")) {
        Map<String, List<String>> headers = new LinkedHashMap<>();
        for (int i = random.nextInt(3); i > 0; i--) {
          headers.put(
              List.of("x-a", "null", "#b", "1").get(random.nextInt(4)) + name,
              some(random, values));
        }
        ZoneRouting routing =
            new ZoneRouting(
                headers,
                some(random, List.of("null", "true.example", "1e3", "a_b.example", "x.example"))
                    .stream()
                    .map(
                        domain ->
                            DomainPattern.parse(
                                random.nextBoolean() ? domain + name : "*." + domain + name))
                    .distinct()
                    .toList(),
                IntStream.range(0, random.nextInt(40))
                    .mapToObj(i -> new DomainPattern("d" + i + "." + name + ".example", false))
                    .toList(),
                IntStream.range(0, random.nextInt(3))
                    .mapToObj(
                        i ->
                            Cidr.parse(
                                random.nextBoolean()
                                    ? i + "." + name.length() + ".0.0/17"
                                    : "2001:db8:" + i + ":" + name.length() + "::/64"))
                    .distinct()
                    .toList());
        zones.put(name, new ZoneConfig(name, 1, Optional.empty(), 25, routing));
      }
      String text = text(zones);
      assertThat(zones(text)).as("seed %s, round %s:%n%s", seed, round, text).isEqualTo(zones);
    }
  }

  private static List<String> some(Random random, List<String> from) {
    return IntStream.range(0, random.nextInt(5))
        .mapToObj(i -> from.get(random.nextInt(from.size())))
        .distinct()
        .toList();
  }

  @Test
  void theTextHasTheKeysOfTheZonesAlone() {
    ZoneRouting routing =
        new ZoneRouting(
            Map.of("x-user-id", List.of("123")),
            List.of(
                new DomainPattern("example.com", false), new DomainPattern("example.com", true)),
            List.of(),
            List.of(Cidr.parse("192.0.2.0/24")));
    assertThat(text(Map.of("bulk", new ZoneConfig("bulk", 5, Optional.empty(), 25, routing))))
        .isEqualTo(
            """
            zones:
              "bulk":
                connections: 5
                port: 25
                routingHeaders:
                  "x-user-id": ["123"]
                senderDomains: [example.com, "*.example.com"]
                originAddresses: ["192.0.2.0/24"]
            """);
  }

  @Test
  void aThousandZonesWithAHundredThousandDomainsFit() throws ConfigException {
    Map<String, ZoneConfig> zones = new LinkedHashMap<>();
    for (int zone = 0; zone < 999; zone++) {
      int number = zone;
      List<DomainPattern> domains =
          IntStream.range(0, 101)
              .mapToObj(
                  i ->
                      new DomainPattern(
                          "customer-%d.zone-%d.example.com".formatted(i, number), false))
              .toList();
      zones.put(
          "z" + zone,
          new ZoneConfig(
              "z" + zone,
              50,
              Optional.empty(),
              25,
              new ZoneRouting(Map.of(), domains, List.of(), List.of())));
    }
    zones.put("default", new ZoneConfig("default", 50, Optional.empty(), 25));
    assertThat(zones(text(zones))).isEqualTo(zones);
  }

  @Test
  void moreThanRoomForAllIsRefused() {
    String domains =
        IntStream.range(0, 200_001).mapToObj(i -> "d" + i + ".de").collect(Collectors.joining(","));
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> zones("zones: { a: { senderDomains: [" + domains + "] } }"))
        .withMessage("f:1: zones.a.senderDomains: 200001 entries; expected at most 200000");
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(
            () ->
                zones(
                    "zones: { a: { originAddresses: [192.0.2.0] }, b: { senderDomains: ["
                        + domains.substring(domains.indexOf(',') + 1)
                        + "] } }"))
        .withMessageContaining("more than 200000 header values, domains and networks in all zones");
  }

  @ParameterizedTest
  @CsvSource({
    "'listen: \"127.0.0.1:0\"', true",
    "'listen: \"[::1]:0\"', true",
    "'listen: \"localhost:0\"', true",
    "'listen: \"0.0.0.0:0\", allow: [192.0.2.0/24]', false",
    "'listen: \"192.0.2.1:0\", allow: [192.0.2.0/24]', false",
    "'listen: \"192.0.2.1:0\", allow: [192.0.2.0/24], trustRouting: true', true",
    "'trustRouting: false', false"
  })
  void aListenerTrustsTheHeaderOnLoopbackUnlessItIsTold(String settings, boolean trusted)
      throws ConfigException {
    assertThat(
            ConfigLoader.parse("smtp: { " + settings + " }", "f").smtp().getFirst().trustRouting())
        .isEqualTo(trusted);
  }

  @ParameterizedTest
  @CsvSource({"maybe,'maybe'", "'\"true\"','true'", "1,'1'", "[true],a list", "'',nothing"})
  void trustIsYesOrNo(String value, String found) {
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> ConfigLoader.parse("smtp:\n  trustRouting: " + value, "f"))
        .withMessage(
            "f:2: smtp.trustRouting: expected true or false, found "
                + (found.contains(" ") || found.equals("nothing") ? found : "'" + found + "'"));
  }
}
