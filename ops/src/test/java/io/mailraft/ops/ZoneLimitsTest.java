package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mailraft.ops.chaos.Await;
import io.mailraft.ops.faults.TakeDown;
import io.mailraft.testkit.Action;
import io.mailraft.testkit.DnsFixture;
import io.mailraft.testkit.Moment;
import io.mailraft.testkit.Script;
import io.mailraft.testkit.Stage;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How fast and over how many connections three nodes together send. */
@Tag("long")
class ZoneLimitsTest {
  private static final List<String> SINKS =
      List.of("cluster", "zones", "source", "fair", "dead", "busy", "mx");

  private static final Map<String, RecordingSink> sinks = new LinkedHashMap<>();
  private static DnsFixture dns;
  private static final TakeDown takeDown = new TakeDown();
  private static ZoneRun run;

  /** An address of this machine that is not loopback: MX records may not lead to that. */
  private static Optional<String> outside() throws SocketException {
    return NetworkInterface.networkInterfaces()
        .flatMap(NetworkInterface::inetAddresses)
        .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
        .map(InetAddress::getHostAddress)
        .findFirst();
  }

  @BeforeAll
  static void start() throws Exception {
    for (String name : SINKS) {
      String address = name.equals("mx") ? outside().orElse("127.0.0.1") : "127.0.0.1";
      RecordingSink sink = RecordingSink.on(address, Script.OBEDIENT);
      takeDown.push(sink::close);
      sinks.put(name, sink);
    }
    dns = DnsFixture.start();
    takeDown.push(dns::close);
    String settings =
        "delivery: { helo: \"${node}.example\", retry: [1s], idleTimeout: 1s, maxRecipientsPerTransaction: 1 }\n"
            + "dns: { servers: [\"127.0.0.1:%d\"] }\n".formatted(dns.port());
    run = ZoneRun.start(3, document(), settings, "");
    takeDown.push(run::close);
  }

  @AfterAll
  static void stop() throws Exception {
    takeDown.close();
  }

  private static RecordingSink sink(String name) {
    return Optional.ofNullable(sinks.get(name)).orElseThrow();
  }

  private static String to(String name) {
    return "host: 127.0.0.1, port: " + sink(name).port();
  }

  private static String document() {
    return """
        zones:
          default: { host: 127.0.0.1, port: ${port} }
          cluster-a: { %1$s, connections: 30 }
          cluster-b: { %1$s, connections: 30 }
          zone-a: { %2$s, connections: 30 }
          zone-b: { %2$s, connections: 30 }
          source: { %3$s, connections: 30, pool: [ { address: 127.0.0.11 }, { address: 127.0.0.12 } ] }
          fair: { %4$s, connections: 6 }
          dead: { %5$s }
          busy: { %6$s, connections: 30, pool: [ { address: 127.0.0.13 } ] }
          mx: { port: %7$d }
        throttles:
          cluster.example: { connections: 4 }
          zone.example: { connections: 3, per: zone }
          source.example: { connections: 2, per: source }
          "mx:*.big.example": { rate: 5/second, burst: 10 }
        """
        .formatted(
            to("cluster"),
            to("zones"),
            to("source"),
            to("fair"),
            to("dead"),
            to("busy"),
            sink("mx").port());
  }

  private static String zone(String name) {
    return "X-Sending-Zone: " + name;
  }

  private static void awaitArrived(RecordingSink sink, String domain, int number) throws Exception {
    Await.until(
        ClusterRun.BOUND, number + " arrived for " + domain, () -> sink.arrived(domain) >= number);
  }

  /** Each message takes a moment, so that more connections would be of use. */
  private static Script slowly(Duration time) {
    CountDownLatch never = new CountDownLatch(1);
    return moment -> {
      if (moment.stage() == Stage.DOT) {
        try {
          boolean called = never.await(time.toMillis(), TimeUnit.MILLISECONDS);
          assertThat(called).isFalse();
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
      return Action.PROCEED;
    };
  }

  private static void queueSingly(String domain, int messages, String zone) throws Exception {
    for (int n = 0; n < messages; n++) {
      run.queue(domain, 1, zone(zone));
    }
  }

  @Test
  void connection_limits_hold_per_cluster_zone_and_source() throws Exception {
    for (String name : List.of("cluster", "zones", "source")) {
      sink(name).script(slowly(Duration.ofMillis(300)));
    }
    queueSingly("cluster.example", 40, "cluster-a");
    queueSingly("cluster.example", 40, "cluster-b");
    queueSingly("zone.example", 40, "zone-a");
    queueSingly("zone.example", 40, "zone-b");
    queueSingly("source.example", 60, "source");
    awaitArrived(sink("cluster"), "cluster.example", 80);
    awaitArrived(sink("zones"), "zone.example", 80);
    awaitArrived(sink("source"), "source.example", 60);
    assertThat(sink("cluster").mostConnections()).isBetween(2, 4);
    assertThat(sink("zones").mostConnections()).isBetween(3, 6);
    assertThat(sink("source").mostConnections()).isBetween(3, 4);
    assertThat(sink("source").sources("source.example"))
        .containsOnlyKeys("127.0.0.11", "127.0.0.12");
  }

  @Test
  void a_full_connection_limit_is_named_with_who_has_it() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    sink("source")
        .script(
            moment -> {
              if (moment.stage() == Stage.DOT) {
                try {
                  gate.await();
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              }
              return Action.PROCEED;
            });
    try {
      queueSingly("source.example", 30, "source");
      String id = run.lastId;
      Await.until(
          ClusterRun.BOUND,
          "the limit is named",
          () ->
              run.why(id)
                  .matches(
                      "(?s).*n1: no connection free: .*source\\.example source=127\\.0\\.0\\.1[12]"
                          + " allows 2 connections per source, 2 of them to this node:"
                          + " .* from 127\\.0\\.0\\.1[12] 2 \\(zone source\\), for .*"));
    } finally {
      gate.countDown();
    }
  }

  @Test
  void a_domain_with_many_queued_does_not_starve_one_with_ten() throws Exception {
    RecordingSink fair = sink("fair");
    fair.script(slowly(Duration.ofMillis(30)));
    for (int n = 0; n < 40; n++) {
      run.queue("many.example", 50, zone("fair"));
    }
    Await.until(ClusterRun.BOUND, "many flow", () -> fair.arrived("many.example") > 100);
    queueSingly("ten.example", 10, "fair");
    awaitArrived(fair, "ten.example", 10);
    long lastOfTen =
        fair.arrivals("ten.example").stream()
            .mapToLong(RecordingSink.Arrival::atNanos)
            .max()
            .orElseThrow();
    awaitArrived(fair, "many.example", 2000);
    long behind =
        fair.arrivals("many.example").stream()
            .filter(arrival -> arrival.atNanos() - lastOfTen > 0)
            .count();
    assertThat(behind).isGreaterThan(500);
  }

  @Test
  void a_dead_site_is_not_hammered() throws Exception {
    RecordingSink dead = sink("dead");
    dead.script(Script.at(Stage.CONNECT, Action.replyThenClose("421 4.3.2 Too busy")));
    queueSingly("dead.example", 40, "dead");
    String id = run.lastId;
    Await.until(
        ClusterRun.BOUND,
        "it was deferred again and again",
        () -> run.why(id).matches("(?s).*: (deferred|queued|claimed), ([5-9]|1[0-9]) attempts.*"));
    // Three failures in a row make it dead, for each node alone; then it rests for a minute.
    assertThat(dead.connections()).isBetween(1L, 30L);
    assertThat(run.why(id)).contains("last reply: 421 4.3.2 Too busy");
  }

  @Test
  void a_dead_site_is_probed_and_its_mail_flows_again() throws Exception {
    RecordingSink dead = sink("dead");
    dead.script(Script.at(Stage.CONNECT, Action.replyThenClose("421 4.3.2 Too busy")));
    queueSingly("probed.example", 20, "dead");
    Await.until(ClusterRun.BOUND, "it is tried", () -> dead.connections() > 2);
    dead.script(Script.OBEDIENT);
    Await.until(Duration.ofMinutes(5), "all arrived", () -> dead.arrived("probed.example") == 20);
  }

  /** The host takes three connections and refuses any other. */
  @Test
  void concurrency_keeps_to_what_a_site_takes() throws Exception {
    RecordingSink busy = sink("busy");
    Script slow = slowly(Duration.ofMillis(20));
    busy.script(
        (Moment moment) ->
            moment.stage() == Stage.CONNECT && moment.openConnections() > 3
                ? Action.replyThenClose("421 4.7.0 Too many connections")
                : slow.at(moment));
    for (int n = 0; n < 8; n++) {
      run.queue("busy" + n + ".example", 50, zone("busy"));
    }
    queueSingly("busy.example", 300, "busy");
    awaitArrived(busy, "busy.example", 300);
    assertThat(busy.mostConnections()).isGreaterThanOrEqualTo(3);
    // Without back-off each of some hundred messages would try.
    assertThat(busy.refusals()).isBetween(1, 40);
  }

  @Test
  void a_throttle_of_an_mx_host_binds_every_domain_on_that_site() throws Exception {
    assumeTrue(outside().isPresent(), "this machine has no address but loopback");
    RecordingSink mx = sink("mx");
    for (int n = 0; n < 3; n++) {
      dns.mx("d" + n + ".example", 10, "mx" + n + ".big.example");
      dns.address("mx" + n + ".big.example", outside().orElseThrow());
    }
    dns.mx("free.example", 10, "mx.small.example");
    dns.address("mx.small.example", outside().orElseThrow());
    for (int n = 0; n < 3; n++) {
      run.queue("d" + n + ".example", 15, zone("mx"));
    }
    String id = run.lastId;
    run.queue("free.example", 50, zone("mx"));
    Await.until(
        ClusterRun.BOUND,
        "the throttle is named",
        () -> run.why(id).contains("by mx:*.big.example (5/second, burst 10, per cluster)"));
    awaitArrived(mx, "free.example", 50);
    List<Long> times = new ArrayList<>();
    for (int n = 0; n < 3; n++) {
      awaitArrived(mx, "d" + n + ".example", 15);
      mx.arrivals("d" + n + ".example").forEach(arrival -> times.add(arrival.atNanos()));
    }
    // Three sites, one counter.
    assertThat(times).hasSize(45);
    assertThat(ZoneRun.excess(times, 5, 10)).isLessThanOrEqualTo(0);
  }
}
