package io.mailraft.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which throttles bind a domain's mail. */
final class ThrottlesTest {
  private static final String DOCUMENT =
      """
      throttles:
        example.com: { connections: 1 }
        "*.example.com": { connections: 2 }
        "*.eu.example.com": { connections: 3 }
        www.eu.example.com: { connections: 4 }
        "mx:mx1.example.net": { connections: 5 }
        "mx:*.example.net": { connections: 6 }
        "mx:*.eu.example.net": { connections: 7 }
        default: { connections: 9 }
      """;

  private static List<String> binding(String document, String domain, String... hosts) {
    try {
      return ClusterYaml.parse(document, "f").throttles().of(domain, List.of(hosts)).stream()
          .map(Throttle::entry)
          .toList();
    } catch (ConfigException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @CsvSource({
    // The domain itself before "*.", the longer "*." before the shorter one.
    "example.com,mx.other.example,example.com",
    "a.example.com,mx.other.example,*.example.com",
    "a.b.c.example.com,mx.other.example,*.example.com",
    "eu.example.com,mx.other.example,*.example.com",
    "a.eu.example.com,mx.other.example,*.eu.example.com",
    "a.b.eu.example.com,mx.other.example,*.eu.example.com",
    "www.eu.example.com,mx.other.example,www.eu.example.com",
    "a.www.eu.example.com,mx.other.example,*.eu.example.com",
    "notexample.com,mx.other.example,default",
    // The same for a site, by the most exact of its hosts.
    "other.example,mx1.example.net,mx:mx1.example.net",
    "other.example,mx2.example.net,mx:*.example.net",
    "other.example,example.net,default",
    "other.example,a.eu.example.net,mx:*.eu.example.net",
    "other.example,mx.other.example mx1.example.net,mx:mx1.example.net",
    "other.example,a.eu.example.net mx1.example.net,mx:mx1.example.net",
    "other.example,mx2.example.net a.eu.example.net,mx:*.eu.example.net",
    // Both bind.
    "example.com,mx1.example.net,example.com mx:mx1.example.net",
    "a.example.com,mx2.example.net,*.example.com mx:*.example.net",
    // Default only where neither does.
    "other.example,mx.other.example,default",
    "[192.0.2.1],192.0.2.1,default",
    // A zone's fixed next hop is no site: the domain's own entry binds, default does not.
    "other.example,,''",
    "example.com,,example.com",
    "a.example.com,,*.example.com"
  })
  void theMostExactEntryBinds(String domain, String hosts, String entries) {
    String[] sites = hosts == null ? new String[0] : hosts.split(" ", -1);
    List<String> expected = entries.isEmpty() ? List.of() : Arrays.asList(entries.split(" ", -1));
    assertThat(binding(DOCUMENT, domain, sites)).isEqualTo(expected);
  }

  @Test
  void withoutADefaultWhatIsNotNamedIsNotBound() {
    String document = "throttles: { example.com: { connections: 1 } }";
    assertThat(binding(document, "other.example", "mx.other.example")).isEmpty();
    assertThat(binding("", "other.example", "mx.other.example")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "1/second,2",
    "10/second,11",
    "600/minute,11",
    "6/minute,2",
    "5/minute,1",
    "1/day,1",
    "1000000000/second,1000000001"
  })
  void aRateThatSaysNoBurstHasASecondsWorth(String rate, int burst) throws ConfigException {
    assertThat(Throttle.defaultBurst(Rate.parse(rate))).isEqualTo(burst);
    Throttle throttle =
        ClusterYaml.parse("throttles: { a.example: { rate: " + rate + " } }", "f")
            .throttles()
            .entry("a.example")
            .orElseThrow();
    assertThat(throttle.burst()).isEqualTo(burst);
  }
}
