package io.mailraft.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How sizes, durations, networks, addresses and names are written. */
final class ValueFormsTest {

  @ParameterizedTest
  @CsvSource({
    "0,0",
    "4096,4096",
    "7B,7",
    "1KB,1000",
    "512KiB,524288",
    "10MB,10000000",
    "1MiB,1048576",
    "1GB,1000000000",
    "1GiB,1073741824",
    "2GiB,2147483648",
    "3TB,3000000000000",
    "1TiB,1099511627776",
    "9223372036854775807,9223372036854775807"
  })
  void aSizeIsANumberWithAUnit(String text, long bytes) {
    assertThat(Sizes.parse(text)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "GiB",
        "-1",
        "+1",
        "1.5GiB",
        "1 GiB",
        "1gib",
        "1K",
        "1PiB",
        "9223372036854775808",
        "8388608TiB",
        "\u0661KB"
      })
  void anythingElseIsNoSize(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> Sizes.parse(text));
  }

  @Test
  void aSizeIsShownInTheLargestUnitThatFits() {
    assertThat(List.of(0L, 998L, 1024L, 1536L, 1L << 20, 3L << 30, 1L << 40))
        .extracting(Sizes::format)
        .containsExactly("0", "998", "1KiB", "1536", "1MiB", "3GiB", "1TiB");
  }

  @ParameterizedTest
  @CsvSource({"0ms,0", "500ms,500", "30s,30000", "5m,300000", "48h,172800000", "1d,86400000"})
  void aDurationIsANumberWithAUnit(String text, long millis) {
    assertThat(Durations.parse(text)).isEqualTo(Duration.ofMillis(millis));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "5", "s", "-5s", "1.5h", "1h30m", "5 s", "5S", "5min", "1234567890123s"})
  void anythingElseIsNoDuration(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> Durations.parse(text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0ms", "1500ms", "90s", "5m", "75m", "2h", "36h", "2d"})
  void aDurationIsShownAsItIsWritten(String text) {
    assertThat(Durations.format(Durations.parse(text))).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.0/24,192.0.2.255,true", "192.0.2.0/24,192.0.3.0,false", "0.0.0.0/0,203.0.113.9,true",
    "192.0.2.7,192.0.2.7,true", "192.0.2.7,192.0.2.6,false", "192.0.2.128/25,192.0.2.127,false",
    "2001:db8::/32,2001:db8:ffff::1,true", "2001:db8::/32,2001:db9::1,false",
        "::/0,192.0.2.1,false",
    "::1,::1,true"
  })
  void aNetworkHoldsTheAddressesThatShareItsPrefix(String network, String address, boolean held) {
    assertThat(Cidr.parse(network).contains(InetAddress.ofLiteral(address))).isEqualTo(held);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/8",
        "192.0.2/24",
        "192.0.2.0/",
        "192.0.2.0/-1",
        "192.0.2.0/33",
        "::/129",
        "10/8",
        "192.0.02.0/24",
        "localhost",
        "fe80::1%eth0",
        "192.0.2.1/24",
        "2001:db8::1/32",
        "256.0.0.0/8"
      })
  void anythingElseIsNoNetwork(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> Cidr.parse(text));
  }

  @Test
  void aNetworkIsShownWithItsPrefix() {
    assertThat(Cidr.parse("192.0.2.7")).hasToString("192.0.2.7/32");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"127.0.0.1:0", "[::1]:25", "mx.example:65535", "localhost:1", "a_b.example:1"})
  void anAddressWithAPortIsShownAsItIsWritten(String text) {
    assertThat(HostPort.parse(text)).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":25",
        "25",
        "a",
        "a:",
        "a:b",
        "a:-1",
        "a:+1",
        "a:65536",
        "a:999999",
        "::1:25",
        "[::1]",
        "[]:25",
        "[::1:25",
        "[mx.example]:25",
        "[::g]:25",
        "1.2.3:25",
        "256.1.1.1:25",
        "a b:25",
        "-a:25",
        "a..b:25",
        "fe80::1%eth0:25",
        "[fe80::1%eth0]:25",
        "127.1:25",
        "0x7f.0.0.1:25"
      })
  void anythingElseIsNoAddressWithAPort(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> HostPort.parse(text));
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1:1,true",
    "127.9.9.9:1,true",
    "[::1]:1,true",
    "localhost:1,true",
    "LOCALHOST:1,true",
    "0.0.0.0:1,false",
    "[::]:1,false",
    "192.0.2.1:1,false",
    "localhost.example:1,false",
    "[::ffff:127.0.0.1]:1,true",
    "[::ffff:192.0.2.1]:1,false"
  })
  void loopbackIsToldBySpelling(String text, boolean loopback) {
    assertThat(HostPort.parse(text).isLoopback()).isEqualTo(loopback);
  }

  @ParameterizedTest
  @CsvSource({
    "mail7,mail7",
    "mx.example.com,mx.example.com",
    "'',localhost",
    "(none),localhost",
    "a b,localhost",
    "192.0.2.1,localhost"
  })
  void aMachineWithoutAUsableNameIsLocalhost(String name, String used) {
    assertThat(LocalHostName.usable(name)).isEqualTo(used);
  }
}
