package io.mailraft.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.mailraft.config.ClusterYaml;
import io.mailraft.config.DomainPattern;
import io.mailraft.config.ZoneConfig;
import io.mailraft.config.ZoneRouting;
import io.mailraft.router.Refusal.Reason;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.aggregator.ArgumentsAccessor;
import org.junit.jupiter.params.provider.CsvFileSource;

final class RouterTest {

  private static Router router(String... suspended) throws Exception {
    try (InputStream yaml = RouterTest.class.getResourceAsStream("zones.yaml")) {
      assertThat(yaml).isNotNull();
      String text = new String(yaml.readAllBytes(), StandardCharsets.UTF_8);
      return new Router(ClusterYaml.parse(text, "zones.yaml").zones(), Set.of(suspended));
    }
  }

  @ParameterizedTest(name = "{0} | {1} | {2} | {3}")
  @CsvFileSource(resources = "routing.csv", delimiter = '|')
  void aMessageGoesThroughTheZoneOfTheTable(ArgumentsAccessor row) throws Exception {
    Decision decision =
        router("paused")
            .route(Letter.of(cell(row, 0), cell(row, 1), cell(row, 3)).submission())
            .decide(cell(row, 2));
    assertThat(decision.zone()).isEqualTo(cell(row, 4));
    assertThat(decision.rule().key()).isEqualTo(cell(row, 5));
    assertThat(decision.match()).isEqualTo(cell(row, 6));
    assertThat(decision.refused().stream().map(RouterTest::text).collect(Collectors.joining(", ")))
        .isEqualTo(cell(row, 7));
  }

  /** A cell of the table, which is ASCII; one letter beyond it is spelled as Java does. */
  private static String cell(ArgumentsAccessor row, int index) {
    return Optional.ofNullable(row.getString(index)).orElse("").replace("\\u00fc", "\u00fc");
  }

  @Test
  void zonesWithoutADefaultAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Router(zones("bulk"), Set.of()))
        .withMessage("the zones hold no 'default'");
  }

  @Test
  void aLaterChangeOfTheMapDoesNotReachTheRouter() {
    Map<String, ZoneConfig> zones = zones("default", "bulk");
    Router built = new Router(zones, Set.of());
    zones.remove("bulk");
    assertThat(built.zones()).containsExactly("bulk", "default");
    assertThat(
            built
                .route(Letter.of("X-Sending-Zone: bulk", "", "").submission())
                .decide("example.com")
                .zone())
        .isEqualTo("bulk");
  }

  @Test
  void oneMessageMayGoThroughSeveralZones() throws Exception {
    Routing routing =
        router("paused").route(Letter.of("X-Sending-Zone: nowhere", "", "192.0.2.5").submission());
    Refusal unknown = new Refusal("nowhere", Rule.SENDING_ZONE, Reason.UNKNOWN);
    Decision byOrigin =
        new Decision("news", Rule.ORIGIN_ADDRESSES, "192.0.2.0/24", List.of(unknown));
    assertThat(routing.decide("other.example")).isEqualTo(byOrigin);
    assertThat(routing.decide("gmail.example"))
        .isEqualTo(
            new Decision("gmail", Rule.RECIPIENT_DOMAINS, "gmail.example", List.of(unknown)));
    assertThat(routing.decide("www.example.org").refused())
        .containsExactly(unknown, new Refusal("paused", Rule.RECIPIENT_DOMAINS, Reason.SUSPENDED));
    assertThat(routing.decide("third.example")).isEqualTo(byOrigin);
  }

  @Test
  void theDefaultTakesWhatIsLeftEvenWhereItIsSuspended() {
    Router router = new Router(zones("default", "bulk"), Set.of("default", "bulk"));
    Refusal refusal = new Refusal("default", Rule.SENDING_ZONE, Reason.SUSPENDED);
    assertThat(
            router
                .route(Letter.of("X-Sending-Zone: default", "", "").submission())
                .decide("example.com"))
        .isEqualTo(new Decision("default", Rule.DEFAULT, "", List.of(refusal)));
  }

  @Test
  void aRefusedNameIsSafeToShow() {
    Router router = new Router(zones("default"), Set.of());
    String name = "\u001b[2J\ud83d" + "x".repeat(100_000);
    Decision decision =
        router
            .route(Letter.of("X-Sending-Zone: " + name, "", "").submission())
            .decide("example.com");
    assertThat(decision.refused())
        .containsExactly(
            new Refusal("?[2J?" + "x".repeat(58) + "...", Rule.SENDING_ZONE, Reason.UNKNOWN));
  }

  @Test
  void aZoneThatIsSuspendedTwiceInOneRuleIsNamedOnce() {
    Map<String, ZoneConfig> zones = zones("default");
    zones.put(
        "bulk",
        new ZoneConfig(
            "bulk",
            1,
            Optional.empty(),
            25,
            new ZoneRouting(
                Map.of(),
                List.of(),
                List.of(DomainPattern.parse("a.example.com"), DomainPattern.parse("*.example.com")),
                List.of())));
    assertThat(
            new Router(zones, Set.of("bulk"))
                .route(Letter.BLANK.submission())
                .decide("a.example.com")
                .refused())
        .containsExactly(new Refusal("bulk", Rule.RECIPIENT_DOMAINS, Reason.SUSPENDED));
  }

  @Test
  void theSenderDomainIsThatOfFromAndOfTheReversePathOnlyWithoutFrom() {
    assertThat(Letter.of("From: from.example", "a@path.example", "").submission().senderDomain())
        .contains("from.example");
    assertThat(Letter.of("", "a@Path.example", "").submission().senderDomain())
        .contains("path.example");
    assertThat(Letter.BLANK.submission().senderDomain()).isEmpty();
  }

  private static String text(Refusal refusal) {
    return refusal.zone() + " " + refusal.reason().text() + " at " + refusal.rule().key();
  }

  private static Map<String, ZoneConfig> zones(String... names) {
    Map<String, ZoneConfig> zones = new LinkedHashMap<>();
    for (String name : names) {
      zones.put(name, new ZoneConfig(name, 50, Optional.empty(), 25));
    }
    return zones;
  }
}
