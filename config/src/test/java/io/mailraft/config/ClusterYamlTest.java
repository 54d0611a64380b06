package io.mailraft.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.net.InetAddress;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ClusterYamlTest {
  private static final PoolSource PLAIN_SOURCE =
      new PoolSource(InetAddress.ofLiteral("192.0.2.10"), Optional.empty(), 1, Optional.empty());

  private static ClusterSettings settings(Map<String, ZoneConfig> zones, Throttle... throttles) {
    Map<String, Throttle> entries = new LinkedHashMap<>();
    for (Throttle throttle : throttles) {
      entries.put(throttle.entry(), throttle);
    }
    return new ClusterSettings(zones, new Throttles(entries), ClusterSettings.BLOCKLIST_PAUSE);
  }

  @Test
  void theTextIsPlainYaml() {
    Map<String, ZoneConfig> zones = new LinkedHashMap<>();
    zones.put(
        "bulk",
        new ZoneConfig(
            "bulk",
            5,
            Optional.of("2001:db8::1"),
            2526,
            ZoneRouting.NONE,
            new ZonePool(
                List.of(
                    new PoolSource(
                        InetAddress.ofLiteral("192.0.2.10"),
                        Optional.of("a.mx.example"),
                        3,
                        Optional.of(new WarmUp(LocalDate.of(2026, 1, 31), List.of(50, 100)))),
                    new PoolSource(
                        InetAddress.ofLiteral("2001:db8::10"),
                        Optional.empty(),
                        1,
                        Optional.empty())),
                ZonePool.Ipv6.PREFER,
                ZonePool.PoolHash.RECIPIENT_DOMAIN),
            Optional.of(Rate.parse("100/second"))));
    zones.put("default", new ZoneConfig("default", 50, Optional.empty(), 25));
    ClusterSettings settings =
        new ClusterSettings(
            zones,
            settings(
                    zones,
                    new Throttle(
                        "gmail.com",
                        Optional.of(Rate.parse("600/minute")),
                        20,
                        OptionalInt.of(10),
                        Throttle.Scope.SOURCE),
                    new Throttle(
                        "mx:*.example.net",
                        Optional.of(Rate.parse("50/second")),
                        51,
                        OptionalInt.empty(),
                        Throttle.Scope.CLUSTER))
                .throttles(),
            Duration.ofHours(1));
    assertThat(ClusterYaml.format(settings))
        .isEqualTo(
            """
            zones:
              "bulk":
                connections: 5
                host: "2001:db8::1"
                port: 2526
                pool:
                  - { address: "192.0.2.10", name: a.mx.example, weight: 3, warmup: { start: 2026-01-31, perDay: [50, 100] } }
                  - { address: "2001:db8:0:0:0:0:0:10" }
                ipv6: prefer
                poolHash: recipient-domain
                throttle: 100/second
              "default":
                connections: 50
                port: 25
            throttles:
              gmail.com: { rate: 600/minute, burst: 20, connections: 10, per: source }
              "mx:*.example.net": { rate: 50/second }
            blocklistPause: 1h
            """);
  }

  @Test
  void theExampleOfTheIssueIsTaken() throws ConfigException {
    ClusterSettings settings =
        ClusterYaml.parse(
            """
            zones:
              bulk:
                connections: 40                       # cluster-wide
                pool:                                 # sources; a node serves those that it owns
                  - { address: 192.0.2.10, name: a.mx.example, weight: 3 }
                  - { address: "2001:db8::10", name: a.mx.example }
                ipv6: auto                            # auto | prefer | never
                throttle: 100/second                  # whole zone, whole cluster
                routingHeaders: { x-user-id: "123" }
                senderDomains: [example.com]
                recipientDomains: [gmail.com]
                originAddresses: [10.0.0.0/8]
                poolHash: none                        # none | from | recipient-domain
            throttles:
              gmail.com: { rate: 600/minute, burst: 20, connections: 10, per: cluster }
              "mx:*.protection.outlook.com": { rate: 50/second }
              default: { connections: 5, per: zone }
            """,
            "f");
    assertThat(settings.zones().get("bulk"))
        .isEqualTo(
            new ZoneConfig(
                "bulk",
                40,
                Optional.empty(),
                25,
                new ZoneRouting(
                    Map.of("x-user-id", List.of("123")),
                    List.of(DomainPattern.parse("example.com")),
                    List.of(DomainPattern.parse("gmail.com")),
                    List.of(Cidr.parse("10.0.0.0/8"))),
                new ZonePool(
                    List.of(
                        new PoolSource(
                            InetAddress.ofLiteral("192.0.2.10"),
                            Optional.of("a.mx.example"),
                            3,
                            Optional.empty()),
                        new PoolSource(
                            InetAddress.ofLiteral("2001:db8::10"),
                            Optional.of("a.mx.example"),
                            1,
                            Optional.empty())),
                    ZonePool.Ipv6.AUTO,
                    ZonePool.PoolHash.NONE),
                Optional.of(new Rate(100, Duration.ofSeconds(1)))));
    assertThat(settings.throttles().entries().values())
        .containsExactly(
            new Throttle(
                "gmail.com",
                Optional.of(new Rate(600, Duration.ofMinutes(1))),
                20,
                OptionalInt.of(10),
                Throttle.Scope.CLUSTER),
            new Throttle(
                "mx:*.protection.outlook.com",
                Optional.of(new Rate(50, Duration.ofSeconds(1))),
                51,
                OptionalInt.empty(),
                Throttle.Scope.CLUSTER),
            new Throttle("default", Optional.empty(), 1, OptionalInt.of(5), Throttle.Scope.ZONE));
    assertThat(settings.blocklistPause()).isEqualTo(Duration.ofHours(6));
  }

  @Test
  void everyKeyOfAZoneHasItsDefault() throws ConfigException {
    assertThat(ClusterYaml.parse("zones: { eu: { pool: [{ address: 192.0.2.10 }] } }", "f").zones())
        .containsEntry(
            "eu",
            new ZoneConfig(
                "eu",
                50,
                Optional.empty(),
                25,
                ZoneRouting.NONE,
                new ZonePool(List.of(PLAIN_SOURCE), ZonePool.Ipv6.AUTO, ZonePool.PoolHash.NONE),
                Optional.empty()));
    assertThat(ClusterYaml.parse("zones: { eu: { pool: [] } }", "f").zones())
        .containsEntry("eu", new ZoneConfig("eu", 50, Optional.empty(), 25));
  }

  @Test
  void whatIsFormattedIsReadBackInTheSameOrder() throws ConfigException {
    long seed = Long.getLong("mailraft.seed", 20_260_102L);
    Random random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      ClusterSettings settings = RandomSettings.of(random);
      String text = ClusterYaml.format(settings);
      ClusterSettings again = ClusterYaml.parse(text, "document");
      assertThat(again).as("seed %s, round %s:%n%s", seed, round, text).isEqualTo(settings);
      assertThat(again.zones().keySet()).containsExactlyElementsOf(settings.zones().keySet());
      assertThat(again.throttles().entries().keySet())
          .containsExactlyElementsOf(settings.throttles().entries().keySet());
    }
  }

  @Test
  void aHundredThousandThrottlesFit() throws ConfigException {
    Map<String, Throttle> entries = new LinkedHashMap<>();
    IntStream.range(0, 100_000)
        .mapToObj(number -> "customer-" + number + ".example")
        .forEach(
            entry ->
                entries.put(
                    entry,
                    new Throttle(
                        entry,
                        Optional.of(Rate.parse("600/minute")),
                        20,
                        OptionalInt.empty(),
                        Throttle.Scope.CLUSTER)));
    ClusterSettings settings =
        new ClusterSettings(
            Map.of("default", new ZoneConfig("default", 1, Optional.empty(), 25)),
            new Throttles(entries),
            ClusterSettings.BLOCKLIST_PAUSE);
    assertThat(ClusterYaml.parse(ClusterYaml.format(settings), "f")).isEqualTo(settings);
  }

  @Test
  void theZoneDefaultIsAlwaysThere() throws ConfigException {
    assertThat(ClusterYaml.parse("", "zones").zones()).containsOnlyKeys("default");
    assertThat(ClusterYaml.parse("zones: { eu: {} }", "zones").zones().keySet())
        .containsExactly("eu", "default");
  }

  @Test
  void whatIsNoClusterDocumentIsRefusedWithItsLine() {
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> ClusterYaml.parse("node: {}\nzones: {}", "cluster.yaml"))
        .withMessage(
            "cluster.yaml:1: node: unknown key; known here: version, zones, throttles, quotas,"
                + " blocklistPause");
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> ClusterYaml.parse("zones:\n  default: { port: x }", "z"))
        .withMessage("z:2: zones.default.port: 'x' is not a whole number; expected 1 to 65535");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "version: 7\nzones: { eu: {} }\n",
        "# ours\nversion: 7 # keep\n# of the zones\nzones:\n  eu: {}\n",
        "zones:\n  eu: {}\nversion:\n  7\n# end\n",
        "zones:\n  eu: {}\nversion: '7'",
        "---\nversion: 7\n\nzones: { eu: }\n...\n",
        "%YAML 1.2\n---\n  version: 7\n  zones: { eu: }\n",
        "\uFEFFzones: { eu: {} }\r\nversion: 7\r\n",
        "? version\n: 7\n? zones\n: eu: {}\n",
        "{version: 7, zones: {eu: {}}}",
        "{zones: {eu: {}}, version: 7}",
        "{zones: {eu: {}}, version: 7, }\n",
        "--- { # ours\n zones: {eu: {}}, # \ud83d\ude00\n version: 7,\n throttles: {} }\n",
        "{\"version\": 7,\"zones\":{\"eu\":null}}",
        "version: 7",
        "{version: 7}",
        "{ zones: { eu: }, version: 7 , }",
        "{ zones: , version: 7 , }",
        "# nothing else\nversion: 7\n"
      })
  void theVersionIsTakenOutAndPutFirstWithoutTouchingTheRest(String text) throws ConfigException {
    ClusterYaml.Parsed parsed = ClusterYaml.read(text, "f");
    assertThat(parsed.version()).hasValue(7);
    assertThat(parsed.body()).doesNotContain("version").doesNotContain("7");
    ClusterYaml.Parsed bare = ClusterYaml.read(parsed.body(), "body");
    assertThat(bare.version()).isEmpty();
    assertThat(bare.settings()).isEqualTo(parsed.settings());
    String next = ClusterYaml.withVersion(parsed.body(), 8);
    ClusterYaml.Parsed again = ClusterYaml.read(next, "next");
    assertThat(again.version()).hasValue(8);
    assertThat(again.settings()).isEqualTo(parsed.settings());
    for (String comment : List.of("# of the zones", "# end", "# nothing else")) {
      assertThat(next.contains(comment)).isEqualTo(text.contains(comment));
    }
    assertThat(ClusterYaml.read(again.body(), "body again").body()).isEqualTo(again.body());
  }

  @Test
  void theVersionIsTheFirstKeyOfWhatIsHandedOut() {
    assertThat(ClusterYaml.withVersion("# ours\nzones: {}\n", 3))
        .isEqualTo("# ours\nversion: 3\nzones: {}\n");
    assertThat(ClusterYaml.withVersion("{zones: {}}", 3)).isEqualTo("{version: 3, zones: {}}");
    assertThat(ClusterYaml.withVersion("# none\n", 3)).isEqualTo("version: 3\n# none\n");
    assertThat(ClusterYaml.withVersion("", 3)).isEqualTo("version: 3\n");
  }

  @Test
  void everyFormattedTextCarriesItsVersionThere() throws ConfigException {
    long seed = Long.getLong("mailraft.seed", 20_261_204L);
    Random random = new Random(seed);
    for (int round = 0; round < 100; round++) {
      ClusterSettings settings = RandomSettings.of(random);
      String text = ClusterYaml.format(settings);
      ClusterYaml.Parsed parsed = ClusterYaml.read(ClusterYaml.withVersion(text, round + 1), "f");
      assertThat(parsed)
          .as("seed %s, round %s", seed, round)
          .isEqualTo(new ClusterYaml.Parsed(OptionalLong.of(round + 1), text, settings));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "01", "1.5", "x", "1e3", "1234567890123456789", "' 1'", "[1]"})
  void aVersionIsANumber(String version) {
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> ClusterYaml.read("zones: {}\nversion: " + version, "f"))
        .withMessageStartingWith("f:2: version: ");
  }

  @Test
  void aTextThatIsTooLargeForTheLogIsRefusedThoughItsCharactersAreFew() {
    String text = "# " + "\u20ac".repeat(ClusterYaml.TEXT_BYTES_MAX / 3);
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> ClusterYaml.read(text, "f"))
        .withMessage("f:1: the text is larger than 7MiB");
  }

  @Test
  void mailraftYamlHasTheSameKeysButNoVersion() throws ConfigException {
    String text =
        """
        zones: { eu: { throttle: 5/hour } }
        throttles: { a.example: { connections: 3 } }
        blocklistPause: 90s
        """;
    assertThat(ConfigLoader.parse(text, "f").document()).isEqualTo(ClusterYaml.parse(text, "f"));
    assertThat(ConfigLoader.parse(text, "f").document().blocklistPause())
        .isEqualTo(Duration.ofSeconds(90));
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> ConfigLoader.parse("version: 1", "f"))
        .withMessageStartingWith("f:1: version: unknown key");
  }

  @Test
  void settingsKeepTheirOrderAndCannotBeChanged() {
    List<String> names = new ArrayList<>(List.of("z", "a", "default"));
    Map<String, ZoneConfig> zones = new LinkedHashMap<>();
    names.forEach(name -> zones.put(name, new ZoneConfig(name, 1, Optional.empty(), 25)));
    ClusterSettings settings = settings(zones);
    zones.clear();
    assertThat(settings.zones().keySet()).containsExactlyElementsOf(names);
  }
}
