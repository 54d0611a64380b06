package io.mailraft.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.Type;

class DnsFixtureTest {

  @Test
  void answers_over_udp_and_tcp_what_was_added() throws Exception {
    try (DnsFixture dns = DnsFixture.start()) {
      dns.mx("x.example", 10, "mx.x.example").address("mx.x.example", "127.0.0.2");
      dns.cname("alias.example", "x.example").nullMx("none.example").servfail("ill.example");
      for (boolean tcp : new boolean[] {false, true}) {
        assertThat(ask(dns, tcp, "x.example", Type.MX).getSection(Section.ANSWER))
            .extracting(Record::rdataToString)
            .containsExactly("10 mx.x.example.");
        assertThat(ask(dns, tcp, "alias.example", Type.MX).getSection(Section.ANSWER)).hasSize(2);
        assertThat(ask(dns, tcp, "none.example", Type.MX).getSection(Section.ANSWER))
            .extracting(Record::rdataToString)
            .containsExactly("0 .");
        Message empty = ask(dns, tcp, "x.example", Type.A);
        assertThat(empty.getRcode()).isEqualTo(Rcode.NOERROR);
        assertThat(empty.getSection(Section.ANSWER)).isEmpty();
        assertThat(ask(dns, tcp, "no.example", Type.A).getRcode()).isEqualTo(Rcode.NXDOMAIN);
        assertThat(ask(dns, tcp, "ill.example", Type.A).getRcode()).isEqualTo(Rcode.SERVFAIL);
      }
      assertThat(dns.queries("no.example")).isEqualTo(2);
    }
  }

  private static Message ask(DnsFixture dns, boolean tcp, String name, int type) throws Exception {
    SimpleResolver resolver = new SimpleResolver(SmtpSink.loopback(dns.port()));
    resolver.setTCP(tcp);
    resolver.setTimeout(Duration.ofSeconds(5));
    Name absolute = Name.fromString(name, Name.root);
    return resolver.send(Message.newQuery(Record.newRecord(absolute, type, DClass.IN)));
  }
}
