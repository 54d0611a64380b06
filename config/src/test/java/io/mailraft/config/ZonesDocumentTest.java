package io.mailraft.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class ZonesDocumentTest {

  @Test
  void theTextIsPlainYaml() {
    Map<String, ZoneConfig> zones = new LinkedHashMap<>();
    zones.put("bulk", new ZoneConfig("bulk", 5, Optional.of("2001:db8::1"), 2526));
    zones.put("default", new ZoneConfig("default", 50, Optional.empty(), 25));
    assertThat(ZonesDocument.format(zones))
        .isEqualTo(
            """
            zones:
              "bulk":
                connections: 5
                host: "2001:db8::1"
                port: 2526
              "default":
                connections: 50
                port: 25
            """);
  }

  @Test
  void whatIsFormattedIsReadBackInTheSameOrder() throws ConfigException {
    long seed = Long.getLong("mailraft.seed", 20_260_102L);
    Random random = new Random(seed);
    String[] hosts = {"127.0.0.1", "::1", "2001:db8::1", "relay.example", "a_b.example"};
    String[] names = {"null", "true", "123", "-", "~x", "1e3", "no", "default", "eu", "_"};
    for (int round = 0; round < 500; round++) {
      Map<String, ZoneConfig> zones = new LinkedHashMap<>();
      for (int i = random.nextInt(6); i >= 0; i--) {
        String name = names[random.nextInt(names.length)].replace("~", "");
        Optional<String> host =
            random.nextBoolean()
                ? Optional.empty()
                : Optional.of(hosts[random.nextInt(hosts.length)]);
        zones.put(
            name,
            new ZoneConfig(name, 1 + random.nextInt(100_000), host, 1 + random.nextInt(65_535)));
      }
      zones.putIfAbsent("default", new ZoneConfig("default", 1, Optional.empty(), 25));
      Map<String, ZoneConfig> again = ZonesDocument.parse(ZonesDocument.format(zones), "zones");
      assertThat(again).as("seed %s, round %s", seed, round).isEqualTo(zones);
      assertThat(again.keySet()).containsExactlyElementsOf(zones.keySet());
    }
  }

  @Test
  void theZoneDefaultIsAlwaysThere() throws ConfigException {
    assertThat(ZonesDocument.parse("", "zones")).containsOnlyKeys("default");
    assertThat(ZonesDocument.parse("zones: { eu: {} }", "zones").keySet())
        .containsExactly("eu", "default");
  }

  @Test
  void whatIsNoZonesDocumentIsRefusedWithItsLine() {
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> ZonesDocument.parse("node: {}\nzones: {}", "zones of the cluster"))
        .withMessage("zones of the cluster:1: node: unknown key; known here: zones");
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> ZonesDocument.parse("zones:\n  default: { port: x }", "z"))
        .withMessage("z:2: zones.default.port: 'x' is not a whole number; expected 1 to 65535");
  }
}
