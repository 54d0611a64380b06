package io.mailraft.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.mailraft.config.ZoneConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RouterTest {
  private final Router router = new Router(zones("default", "bulk", "eu_1"));

  @ParameterizedTest
  @CsvSource({
    "bulk,bulk",
    "BULK,bulk",
    "' eu_1 ',eu_1",
    "default,default",
    "nowhere,default",
    "'',default",
    "'bulk, eu_1',default",
    "bulk x,default"
  })
  void theHeaderChoosesAZoneAndAnUnknownNameFallsThrough(String value, String zone) {
    assertThat(router.zoneFor(message(Optional.of(value)), "user@example.com")).isEqualTo(zone);
  }

  @Test
  void withoutTheHeaderTheDefaultTakesTheMail() {
    assertThat(router.zoneFor(message(Optional.empty()), "user@example.com")).isEqualTo("default");
  }

  @Test
  void zonesWithoutADefaultAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Router(zones("bulk")))
        .withMessage("the zones hold no 'default'");
  }

  @Test
  void aLaterChangeOfTheMapDoesNotReachTheRouter() {
    Map<String, ZoneConfig> zones = zones("default", "bulk");
    Router built = new Router(zones);
    zones.remove("bulk");
    assertThat(built.zoneFor(message(Optional.of("bulk")), "u@example.com")).isEqualTo("bulk");
  }

  @Test
  void theSenderDomainIsThatOfFromAndOfTheReversePathOnlyWithoutFrom() {
    assertThat(new Submission(headers("", "from.example"), "a@path.example").senderDomain())
        .contains("from.example");
    assertThat(new Submission(headers("", ""), "a@Path.example").senderDomain())
        .contains("path.example");
    assertThat(new Submission(headers("", ""), "").senderDomain()).isEmpty();
  }

  @Test
  void whateverTheMessageSaysTheZoneExists() {
    long seed = Long.getLong("mailraft.seed", 20_260_103L);
    Random random = new Random(seed);
    List<String> parts =
        List.of("bulk", "EU_1", "default", " ", "\u0130", "\uD800", ",", "", "x", "\0");
    for (int round = 0; round < 20_000; round++) {
      StringBuilder value = new StringBuilder();
      StringBuilder recipient = new StringBuilder();
      for (int i = random.nextInt(4); i > 0; i--) {
        value.append(parts.get(random.nextInt(parts.size())));
        recipient.append((char) random.nextInt(0x10000));
      }
      String zone = router.zoneFor(message(Optional.of(value.toString())), recipient.toString());
      assertThat(zone).as("seed %s, round %s", seed, round).isIn("default", "bulk", "eu_1");
    }
  }

  private static Submission message(Optional<String> sendingZone) {
    return new Submission(headers(sendingZone.orElse(""), ""), "sender@example.com");
  }

  /** Headers with these values; an empty one stands for a field that is not there. */
  private static Headers headers(String sendingZone, String fromDomain) {
    return new Headers() {
      @Override
      public Optional<String> sendingZone() {
        return Optional.of(sendingZone).filter(text -> !text.isEmpty());
      }

      @Override
      public Optional<String> fromDomain() {
        return Optional.of(fromDomain).filter(text -> !text.isEmpty());
      }

      @Override
      public Optional<String> first(String name) {
        return Optional.empty();
      }
    };
  }

  private static Map<String, ZoneConfig> zones(String... names) {
    Map<String, ZoneConfig> zones = new LinkedHashMap<>();
    for (String name : names) {
      zones.put(name, new ZoneConfig(name, 50, Optional.empty(), 25));
    }
    return zones;
  }
}
