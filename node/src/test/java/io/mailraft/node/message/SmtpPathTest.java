package io.mailraft.node.message;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SmtpPathTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\u00a7',
      value = {
        "<a@b.example> ; a@b.example",
        "<A.b+c@B-1.example> ; A.b+c@B-1.example",
        "<!#$%&'*+-/=?^_`{|}~@b> ; !#$%&'*+-/=?^_`{|}~@b",
        "<\"a b\"@b.example> ; \"a b\"@b.example",
        "<\"ab\"@b.example> ; ab@b.example",
        "<\"a\\b\"@b.example> ; ab@b.example",
        "<\"a\\\"b\"@b.example> ; \"a\\\"b\"@b.example",
        "<\"a@c\"@b.example> ; \"a@c\"@b.example",
        "<\"\"@b.example> ; \"\"@b.example",
        "<@x.example,@y.example:a@b.example> ; a@b.example",
        "<a@[192.0.2.1]> ; a@[192.0.2.1]",
        "<a@[IPv6:2001:db8::1]> ; a@[IPv6:2001:db8::1]",
        "<a@1.2.example> ; a@1.2.example",
      })
  void readsPaths(String text, String address) {
    assertThat(SmtpPath.parse(text, 0).map(SmtpPath::address)).contains(address);
  }

  @Test
  void tellsTheNullPathAndWhereItEnds() {
    SmtpPath path = SmtpPath.parse("FROM:<> SIZE=1", 5).orElseThrow();
    assertThat(path.address()).isEmpty();
    assertThat(path.end()).isEqualTo(7);
  }

  @Test
  void tellsThatADomainIsMissing() {
    assertThat(SmtpPath.parse("<postmaster>", 0).orElseThrow().hasDomain()).isFalse();
  }

  @Test
  void tellsWhereUtf8IsNeeded() {
    assertThat(SmtpPath.parse("<\u00e4@b.example>", 0).orElseThrow().needsUtf8()).isTrue();
    assertThat(SmtpPath.parse("<a@b\u00fc.example>", 0).orElseThrow().needsUtf8()).isTrue();
    assertThat(SmtpPath.parse("<a@b.example>", 0).orElseThrow().needsUtf8()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a@b.example",
        "<a@b.example",
        "a@b.example>",
        "<a@>",
        "<@b.example>",
        "<a@b@c.example>",
        "<.a@b.example>",
        "<a.@b.example>",
        "<a..b@b.example>",
        "<a b@b.example>",
        "<a@b .example>",
        "<a@-b.example>",
        "<a@b-.example>",
        "<a@b..example>",
        "<a@b.example.>",
        "<a@.b>",
        "<a@b_c.example>",
        "<a@[192.0.2.256]>",
        "<a@[192.0.2]>",
        "<a@[1]>",
        "<a@[IPv6:1.2.3.4]>",
        "<a@[IPv6:2001:db8::1%eth0]>",
        "<a@[2001:db8::1]>",
        "<a@[x:y]>",
        "<a@[]>",
        "<a@[192.0.2.1>",
        "<\"a@b.example>",
        "<\"a\"b@b.example>",
        "<\"a\\\u0001\"@b.example>",
        "<a\u0001@b.example>",
        "<a\u007f@b.example>",
        "<a\u0085@b.example>",
        "<a\u2028@b.example>",
        "<a\u202e@b.example>",
        "<a@b\u00a0c.example>",
        "<a(c)@b.example>",
        "<a,b@c.example>",
        "<<a@b.example>>",
        "<@x.example a@b.example>",
        "<@x.example:>",
      })
  void refusesWhatIsNoPath(String text) {
    assertThat(SmtpPath.parse(text, 0)).isEmpty();
  }

  @Test
  void lengthsAreCountedInOctets() {
    String label = "b".repeat(63);
    assertThat(SmtpPath.parse("<" + "a".repeat(64) + "@b>", 0)).isPresent();
    assertThat(SmtpPath.parse("<" + "a".repeat(65) + "@b>", 0)).isEmpty();
    assertThat(SmtpPath.parse("<" + "\u00e4".repeat(32) + "@b>", 0)).isPresent();
    assertThat(SmtpPath.parse("<" + "\u00e4".repeat(33) + "@b>", 0)).isEmpty();
    assertThat(SmtpPath.parse("<a@b" + label + ".example>", 0)).isEmpty();
    String domain = (label + ".").repeat(3) + "b".repeat(60); // 252 octets
    assertThat(SmtpPath.parse("<a@" + domain + ">", 0)).isPresent();
    assertThat(SmtpPath.parse("<aa@" + domain + ">", 0)).isEmpty();
  }
}
