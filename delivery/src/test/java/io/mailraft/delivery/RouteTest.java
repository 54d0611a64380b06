package io.mailraft.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.config.DnsConfig;
import io.mailraft.config.HostPort;
import io.mailraft.testkit.Action;
import io.mailraft.testkit.DnsFixture;
import io.mailraft.testkit.Script;
import io.mailraft.testkit.SmtpSink;
import io.mailraft.testkit.SmtpSink.Received;
import io.mailraft.testkit.Stage;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

class RouteTest {
  private final List<Received> received = new CopyOnWriteArrayList<>();

  private SmtpSink sink(String address, int port, Script script) throws Exception {
    return SmtpSink.start(
        SmtpSink.Options.of(received::add)
            .withListen(new InetSocketAddress(InetAddress.ofLiteral(address), port))
            .withScript(script));
  }

  @Test
  void tries_mx_hosts_in_order_of_preference_until_one_takes_mail() throws Exception {
    try (DnsFixture dns = DnsFixture.start();
        SmtpSink third = sink("127.0.0.13", 0, Script.OBEDIENT);
        SmtpSink second =
            sink(
                "127.0.0.12",
                third.port(),
                Script.at(Stage.CONNECT, Action.reply("421 4.3.2 Busy")));
        Rig rig = Rig.byMx(third.port(), dns.port()).start()) {
      dns.mx("to.example", 30, "c.example").address("c.example", "127.0.0.13");
      dns.mx("to.example", 10, "a.example").address("a.example", "127.0.0.11");
      dns.mx("to.example", 20, "b.example").address("b.example", "127.0.0.12");
      Outcome outcome = rig.deliverOne();
      assertThat(outcome).isInstanceOf(Outcome.Delivered.class);
      assertThat(((Outcome.Delivered) outcome).host()).isEqualTo("c.example [127.0.0.13]");
      assertThat(second.connections()).isEqualTo(1);
    }
  }

  @Test
  void shares_the_load_among_hosts_of_equal_preference() throws Exception {
    try (DnsFixture dns = DnsFixture.start();
        SmtpSink one = sink("127.0.0.11", 0, Script.OBEDIENT);
        SmtpSink other = sink("127.0.0.12", one.port(), Script.OBEDIENT);
        Rig rig = Rig.byMx(one.port(), dns.port()).messagesMax(1).start()) {
      dns.mx("to.example", 10, "a.example").address("a.example", "127.0.0.11");
      dns.mx("to.example", 10, "b.example").address("b.example", "127.0.0.12");
      for (int i = 0; i < 40; i++) {
        assertThat(rig.deliverOne()).isInstanceOf(Outcome.Delivered.class);
      }
      assertThat(one.connections()).isPositive();
      assertThat(other.connections()).isPositive();
    }
  }

  @Test
  void takes_the_domains_own_address_where_there_is_no_mx() throws Exception {
    try (DnsFixture dns = DnsFixture.start();
        SmtpSink sink = sink("127.0.0.11", 0, Script.OBEDIENT);
        Rig rig = Rig.byMx(sink.port(), dns.port()).start()) {
      dns.address("to.example", "127.0.0.11");
      dns.cname("alias.example", "to.example");
      assertThat(rig.deliverOne()).isInstanceOf(Outcome.Delivered.class);
      assertThat(rig.deliver(rig.message("a@alias.example")).getFirst())
          .isInstanceOf(Outcome.Delivered.class);
    }
  }

  @Test
  void domains_with_the_same_hosts_share_a_transaction_and_answers_are_remembered()
      throws Exception {
    try (DnsFixture dns = DnsFixture.start();
        SmtpSink sink = sink("127.0.0.11", 0, Script.OBEDIENT);
        Rig rig = Rig.byMx(sink.port(), dns.port()).connections(1).start()) {
      dns.mx("x.example", 10, "mx.example.org").mx("y.example", 10, "mx.example.org");
      dns.address("mx.example.org", "127.0.0.11");
      rig.deliver(rig.message("warm@x.example"));
      rig.deliver(rig.message("warm@y.example"));
      List<Outcome> outcomes = rig.deliver(rig.message("a@x.example", "b@y.example"));
      assertThat(outcomes).allMatch(Outcome.Delivered.class::isInstance);
      assertThat(received.getLast().recipients()).hasSize(2);
      assertThat(sink.connections()).isEqualTo(1);
      assertThat(dns.queries("x.example")).isEqualTo(1);
    }
  }

  @Test
  void reaches_ipv6_hosts_and_falls_back_to_ipv4() throws Exception {
    try (DnsFixture dns = DnsFixture.start();
        SmtpSink six = sink("::1", 0, Script.OBEDIENT);
        Rig rig = Rig.byMx(six.port(), dns.port()).local("127.0.0.1", "::1").start()) {
      dns.mx("to.example", 10, "mx.to.example");
      dns.address("mx.to.example", "127.0.0.11").address("mx.to.example", "::1");
      Outcome.Delivered first = (Outcome.Delivered) rig.deliverOne();
      assertThat(first.host()).startsWith("mx.to.example [IPv6:");
      assertThat(received.getFirst().peer().getAddress()).isEqualTo(InetAddress.ofLiteral("::1"));
      assertThat(rig.deliver(rig.message("a@[IPv6:::1]")).getFirst())
          .isInstanceOf(Outcome.Delivered.class);
    }
    try (DnsFixture dns = DnsFixture.start();
        SmtpSink four = sink("127.0.0.11", 0, Script.OBEDIENT);
        Rig rig = Rig.byMx(four.port(), dns.port()).start()) {
      dns.mx("to.example", 10, "mx.to.example");
      dns.address("mx.to.example", "127.0.0.11").address("mx.to.example", "::1");
      assertThat(((Outcome.Delivered) rig.deliverOne()).host())
          .isEqualTo("mx.to.example [127.0.0.11]");
    }
  }

  @Test
  void bounces_or_defers_with_a_reply_of_its_own_where_there_is_no_way() throws Exception {
    try (DnsFixture dns = DnsFixture.start();
        Rig rig = Rig.byMx(1, dns.port()).start()) {
      dns.nullMx("null.example").mx("bare.example", 10, "nowhere.example");
      dns.cname("only.example", "text.example").mx("self.example", 5, "mx.example");
      dns.mx("text.example", 1, "x.example").forget("text.example");
      dns.servfail("ill.example").silent("mute.example");
      assertEnd(rig, "null.example", Outcome.Bounced.class, "556 5.1.10 ");
      assertEnd(rig, "missing.example", Outcome.Bounced.class, "550 5.1.2 ");
      assertEnd(rig, "bare.example", Outcome.Bounced.class, "550 5.4.4 ");
      assertEnd(rig, "self.example", Outcome.Bounced.class, "554 5.4.6 ");
      assertEnd(rig, "ill.example", Outcome.Deferred.class, "451 4.4.3 ");
      assertEnd(rig, "mute.example", Outcome.Deferred.class, "451 4.4.3 ");
      assertEnd(rig, "[nonsense]", Outcome.Bounced.class, "550 5.1.2 ");
    }
  }

  @Test
  void mx_hosts_never_lead_to_loopback_unless_a_test_says_so() throws Exception {
    try (DnsFixture dns = DnsFixture.start();
        Rig rig = Rig.byMx(1, dns.port()).noLoopbackMx().start()) {
      dns.mx("to.example", 10, "mx.to.example").address("mx.to.example", "127.0.0.1");
      dns.mx("any.example", 10, "mx.any.example").address("mx.any.example", "0.0.0.0");
      assertEnd(rig, "to.example", Outcome.Bounced.class, "554 5.4.6 ");
      assertEnd(rig, "any.example", Outcome.Bounced.class, "554 5.4.6 ");
      assertEnd(rig, "[127.0.0.1]", Outcome.Bounced.class, "554 5.4.6 ");
      assertEnd(rig, "[IPv6:::1]", Outcome.Bounced.class, "554 5.4.6 ");
    }
  }

  @Test
  void a_fixed_host_may_be_a_name_and_loopback() throws Exception {
    try (SmtpSink sink = sink("127.0.0.1", 0, Script.OBEDIENT);
        Rig rig = Rig.to("localhost", sink.port()).noLoopbackMx().start()) {
      assertThat(rig.deliverOne()).isInstanceOf(Outcome.Delivered.class);
    }
  }

  @Test
  void whatever_goes_wrong_with_a_lookup_is_an_answer() {
    ExecutorService ended = Executors.newVirtualThreadPerTaskExecutor();
    ended.shutdown();
    DnsConfig config = new DnsConfig(List.of(new HostPort("127.0.0.1", 1)), Duration.ofMillis(500));
    Routes routes = new Routes(new Dns(config, ended), "mx.example");
    Route route = routes.find(Rig.zone(Optional.empty(), 25, 1), "to.example").join();
    assertThat(((Route.Refused) route).reply().text()).startsWith("451 4.4.3 ");
  }

  @Test
  void a_refused_connection_defers_and_is_remembered() throws Exception {
    int port;
    try (SmtpSink sink = sink("127.0.0.1", 0, Script.OBEDIENT)) {
      port = sink.port();
    }
    try (Rig rig = Rig.to(port).start()) {
      Outcome first = rig.deliverOne();
      assertThat(first).isInstanceOf(Outcome.Deferred.class);
      assertThat(first.reply()).startsWith("451 4.4.1 ").contains("refused");
      try (SmtpSink sink = sink("127.0.0.1", port, Script.OBEDIENT)) {
        assertThat(rig.deliverOne().reply()).isEqualTo(first.reply());
        assertThat(sink.connections()).isZero();
      }
    }
  }

  @Test
  void a_hanging_site_delays_only_its_own_mail() throws Exception {
    try (DnsFixture dns = DnsFixture.start();
        SmtpSink good = sink("127.0.0.11", 0, Script.OBEDIENT);
        SmtpSink bad = sink("127.0.0.12", good.port(), Script.at(Stage.MAIL, Action.HANG));
        Rig rig = Rig.byMx(good.port(), dns.port()).timeout(Duration.ofSeconds(3)).start()) {
      dns.mx("good.example", 10, "a.example").address("a.example", "127.0.0.11");
      dns.mx("bad.example", 10, "b.example").address("b.example", "127.0.0.12");
      int count = 30;
      for (int i = 0; i < count; i++) {
        rig.engine.offer(rig.message("x@bad.example"));
      }
      for (int i = 0; i < count; i++) {
        assertThat(rig.deliver(rig.message("x@good.example")).getFirst())
            .isInstanceOf(Outcome.Delivered.class);
      }
      List<Outcome> late = rig.await(count);
      List<Outcome> attempted = late.stream().filter(Outcome.Deferred.class::isInstance).toList();
      assertThat(attempted).isNotEmpty();
      assertThat(attempted).extracting(Outcome::reply).containsOnly(attempted.getFirst().reply());
      // What waited for long went back to the queue.
      assertThat(late)
          .filteredOn(outcome -> !attempted.contains(outcome))
          .allMatch(Outcome.Returned.class::isInstance);
      assertThat(bad.connections()).isEqualTo(1);
    }
  }

  private static void assertEnd(Rig rig, String domain, Class<? extends Outcome> kind, String reply)
      throws Exception {
    Outcome outcome = rig.deliver(rig.message("a@" + domain)).getFirst();
    assertThat(outcome).as(domain).isInstanceOf(kind);
    assertThat(outcome.reply()).as(domain).startsWith(reply);
  }
}
