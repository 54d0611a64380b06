package io.mailraft.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.testkit.Action;
import io.mailraft.testkit.DnsFixture;
import io.mailraft.testkit.Script;
import io.mailraft.testkit.SmtpSink;
import io.mailraft.testkit.SmtpSink.Received;
import io.mailraft.testkit.Stage;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What follows where an attempt at a connection leads nowhere. */
class NoConnectionTest {
  private static final String A = "127.0.0.11";
  private final List<Received> received = new CopyOnWriteArrayList<>();

  private SmtpSink sink(String address, int port, Script script) throws Exception {
    return SmtpSink.start(
        SmtpSink.Options.of(received::add)
            .withListen(new InetSocketAddress(InetAddress.ofLiteral(address), port))
            .withScript(script));
  }

  private static double missed(Rig rig, String reason) {
    return rig.registry
        .get("mailraft.delivery.connections.missed")
        .tags("zone", "default", "reason", reason)
        .counter()
        .count();
  }

  @Test
  void a_site_whose_hosts_have_lost_their_addresses_goes_on_with_the_connection_that_it_has()
      throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    Script script =
        moment -> {
          if (moment.stage() == Stage.DOT
              && moment.connection() == 1
              && moment.transaction() == 2) {
            await(gate);
          }
          return Action.PROCEED;
        };
    try (DnsFixture dns = DnsFixture.start();
        SmtpSink one = sink("127.0.0.21", 0, script);
        SmtpSink _ = sink("127.0.0.22", one.port(), Script.OBEDIENT);
        Rig rig = Rig.byMx(one.port(), dns.port()).connections(64).start()) {
      dns.mx("to.example", 10, "a.example").mx("other.example", 10, "b.example");
      dns.address("b.example", "127.0.0.22");
      dns.ttlSeconds(1).address("a.example", "127.0.0.21");
      assertThat(rig.deliverOne()).isInstanceOf(Outcome.Delivered.class);
      // That there is no MX is remembered for long, the address for a second.
      assertThat(direct(rig)).isInstanceOf(Outcome.Delivered.class);
      dns.forget("a.example");
      until(() -> direct(rig) instanceof Outcome.Bounced);
      for (int i = 0; i < 3; i++) {
        rig.engine.offer(rig.message("rcpt@to.example"));
      }
      until(() -> missed(rig, "nowhere") > 0);
      for (int i = 0; i < 50; i++) {
        assertThat(rig.deliver(rig.message("x@other.example")).getFirst())
            .isInstanceOf(Outcome.Delivered.class);
      }
      assertThat(missed(rig, "nowhere")).isLessThan(5);
      gate.countDown();
      assertThat(rig.await(3)).allMatch(Outcome.Delivered.class::isInstance);
    }
  }

  @Test
  void addresses_that_are_not_this_machines_leave_it_to_the_one_that_is() throws Exception {
    try (SmtpSink sink = sink("127.0.0.1", 0, Script.OBEDIENT);
        Rig rig = Rig.to(sink.port()).pool("192.0.2.77*100", "192.0.2.78*100", A).start()) {
      Outcome.Delivered delivered = (Outcome.Delivered) rig.deliverOne();
      assertThat(delivered.source()).isEqualTo(A);
      assertThat(missed(rig, "unbound")).isBetween(1.0, 2.0);
      assertThat(missed(rig, "unreachable")).isZero();
    }
  }

  @Test
  void while_this_node_can_open_no_socket_mail_waits_and_nobody_is_blamed() throws Exception {
    Process process =
        new ProcessBuilder(
                "sh",
                "-c",
                "ulimit -n 256 && exec \"$@\"",
                "sh",
                ProcessHandle.current().info().command().orElseThrow(),
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                SocketShortage.class.getName())
            .redirectErrorStream(true)
            .start();
    try {
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(output).contains("no socket can be opened").endsWith("delivered\n");
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  @Test
  void a_connection_that_takes_leave_after_a_refused_greeting_counts_until_it_is_closed()
      throws Exception {
    CountDownLatch leaving = new CountDownLatch(1);
    CountDownLatch gate = new CountDownLatch(1);
    Script script =
        moment -> {
          if (moment.stage() == Stage.QUIT) {
            leaving.countDown();
            await(gate);
          }
          return moment.stage() == Stage.CONNECT
              ? Action.reply("554 5.3.2 Not today")
              : Action.PROCEED;
        };
    try (SmtpSink sink = sink("127.0.0.1", 0, script);
        Rig rig = Rig.to(sink.port()).start()) {
      rig.engine.offer(rig.message("a@to.example"));
      await(leaving);
      assertThat(rig.outcomes).isEmpty();
      rig.engine.offer(rig.message("b@to.example"));
      assertThat(rig.registry.get("mailraft.delivery.connections.open").gauge().value())
          .isEqualTo(1);
      gate.countDown();
      assertThat(rig.await(2)).allMatch(Outcome.Bounced.class::isInstance);
      assertThat(sink.connections()).isEqualTo(1);
    }
  }

  private static Outcome direct(Rig rig) throws InterruptedException {
    return rig.deliver(rig.message("x@a.example")).getFirst();
  }

  private static void until(Callable<Boolean> condition) throws Exception {
    long end = System.nanoTime() + Rig.PATIENCE.toNanos();
    while (!condition.call()) {
      assertThat(System.nanoTime() - end).isNegative();
      Thread.onSpinWait();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(Rig.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
