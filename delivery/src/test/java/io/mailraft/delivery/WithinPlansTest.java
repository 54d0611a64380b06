package io.mailraft.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.config.Throttle.Scope;
import io.mailraft.config.Throttles;
import io.mailraft.testkit.Action;
import io.mailraft.testkit.DnsFixture;
import io.mailraft.testkit.Moment;
import io.mailraft.testkit.Script;
import io.mailraft.testkit.SmtpSink;
import io.mailraft.testkit.Stage;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** An engine says when nothing is open any more that its plans do not allow. */
class WithinPlansTest {
  private static final String MX = "mx:*.host.example";
  private static final int OPEN = 4;

  private final Semaphore dots = new Semaphore(0);
  private final CountDownLatch gate = new CountDownLatch(1);

  private final Script heldAtTheDot =
      moment -> {
        if (moment.stage() == Stage.DOT) {
          dots.release();
          hold(moment);
        }
        return Action.PROCEED;
      };

  private void hold(Moment moment) {
    try {
      assertThat(gate.await(Rig.PATIENCE.toSeconds(), TimeUnit.SECONDS)).as("%s", moment).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private SmtpSink sink() throws Exception {
    return SmtpSink.start(
        SmtpSink.Options.of(message -> {})
            .withListen(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.21"), 0))
            .withScript(heldAtTheDot));
  }

  private static void hosts(DnsFixture dns) {
    dns.address("mx.host.example", "127.0.0.21");
    for (int i = 0; i < OPEN; i++) {
      dns.mx("d" + i + ".example", 10, "mx.host.example");
    }
  }

  /** Has as many transactions under way as there are domains, one connection each. */
  private void fill(Rig rig) throws InterruptedException {
    for (int i = 0; i < OPEN; i++) {
      rig.engine.offer(rig.message("a@d" + i + ".example"));
    }
    assertThat(dots.tryAcquire(OPEN, Rig.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
  }

  private static ZonePlan with(ZonePlan plan, int connections, Throttles throttles) {
    return new ZonePlan(
        plan.config(),
        connections,
        plan.sources(),
        throttles,
        plan.shares(),
        plan.blocklistPause());
  }

  private void ends(Rig rig) throws InterruptedException {
    assertThat(rig.engine.within()).isFalse();
    gate.countDown();
    rig.await(OPEN);
    await(rig.engine::within);
  }

  private static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + Rig.PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - end).isNegative();
      LockSupport.parkNanos(5_000_000);
    }
  }

  @Test
  void a_part_of_a_connection_limit_that_shrinks_is_kept_to_once_connections_have_ended()
      throws Exception {
    AtomicInteger part = new AtomicInteger(OPEN);
    try (DnsFixture dns = DnsFixture.start();
        SmtpSink sink = sink();
        Rig rig =
            Rig.byMx(sink.port(), dns.port())
                .connections(20)
                .throttles(Rig.connections(MX, 12, Scope.CLUSTER))
                .shares((counter, limit) -> part.get())
                .start()) {
      hosts(dns);
      fill(rig);
      assertThat(rig.engine.within()).isTrue();
      part.set(1);
      rig.plan(rig.plan());
      ends(rig);
      assertThat(sink.openConnections()).isLessThanOrEqualTo(1);
    }
  }

  @Test
  void a_site_that_is_parted_has_ended_its_connections_before() throws Exception {
    try (DnsFixture dns = DnsFixture.start();
        SmtpSink sink = sink();
        Rig rig = Rig.byMx(sink.port(), dns.port()).connections(20).start()) {
      hosts(dns);
      fill(rig);
      rig.plan(
          with(rig.plan(), 20, Rig.throttles(Rig.connections("d0.example", 1, Scope.CLUSTER))));
      ends(rig);
    }
  }

  @Test
  void so_has_a_zone_that_is_gone_or_has_fewer() throws Exception {
    try (DnsFixture dns = DnsFixture.start();
        SmtpSink sink = sink();
        Rig rig = Rig.byMx(sink.port(), dns.port()).connections(20).start()) {
      hosts(dns);
      fill(rig);
      rig.plan(with(rig.plan(), OPEN - 1, Throttles.NONE));
      assertThat(rig.engine.within()).isFalse();
      rig.plan(with(rig.plan(), OPEN, Throttles.NONE));
      assertThat(rig.engine.within()).isTrue();
      rig.engine.zones(Map.of());
      ends(rig);
    }
  }
}
