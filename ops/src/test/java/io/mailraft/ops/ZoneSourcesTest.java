package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.ops.chaos.Await;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.ops.faults.TakeDown;
import io.mailraft.testkit.Action;
import io.mailraft.testkit.Script;
import io.mailraft.testkit.Stage;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** From which source a delivery leaves, on three nodes that own different ones. */
@Tag("long")
class ZoneSourcesTest {
  /** Owned by all nodes, as is ::1. */
  private static final String SHARED = "127.0.0.20";

  private static final String SIX = "0:0:0:0:0:0:0:1";
  private static final int WARM_UP = 12;

  private static RecordingSink sink;

  /** A site of its own: what it says of sources holds for all zones. */
  private static RecordingSink lists;

  private static final TakeDown takeDown = new TakeDown();
  private static ZoneRun run;

  @BeforeAll
  static void start() throws Exception {
    sink = RecordingSink.on("::", Script.OBEDIENT);
    takeDown.push(sink::close);
    lists = RecordingSink.start(Script.OBEDIENT);
    takeDown.push(lists::close);
    run =
        ZoneRun.start(
            3, document(""), ClusterRun.QUICK_RETRY, ", " + SHARED + ", 127.0.0.21, \"::1\"");
    takeDown.push(run::close);
  }

  @AfterAll
  static void stop() throws Exception {
    takeDown.close();
  }

  /** The first sources of n1, n2 and n3, each by a name of its own. */
  private static final String POOL =
      "pool: [ { address: 127.0.0.11, name: s11.example }, { address: 127.0.0.14, name: s14.example },"
          + " { address: 127.0.0.17, name: s17.example } ]";

  private static String document(String shrunk) {
    // Wall clock: a warm-up's days are what people call days.
    LocalDate today = LocalDate.ofInstant(InstantSource.system().instant(), ZoneOffset.UTC);
    String to = "host: 127.0.0.1, port: " + sink.port();
    String localhost = "host: localhost, port: " + sink.port();
    String both = "pool: [ { address: 127.0.0.21 }, { address: \"::1\" } ]";
    return """
        zones:
          default: { host: 127.0.0.1, port: ${port} }
          listed: { host: 127.0.0.1, port: %10$d, %2$s }
          grey: { %1$s, %2$s }
          from: { %1$s, %2$s, poolHash: from }
          narrow: { %1$s, %2$s, poolHash: from, connections: 3 }
          domain: { %1$s, %2$s, poolHash: recipient-domain }
          six: { host: "::1", port: %4$d, pool: [ { address: "::1" } ] }
          auto: { %3$s, %5$s, ipv6: auto }
          prefer: { %3$s, %5$s, ipv6: prefer }
          never: { %3$s, %5$s, ipv6: never }
          warm: { %1$s, pool: [ { address: %6$s, warmup: { start: %7$s, perDay: [%8$d, %8$d] } }, { address: 127.0.0.16 } ] }
          cold: { %1$s, pool: [ { address: 127.0.0.18, warmup: { start: %7$s, perDay: [3, 3] } } ] }
          shrinks: { %1$s, pool: [ { address: 127.0.0.12 }%9$s ] }
        """
        .formatted(
            to, POOL, localhost, sink.port(), both, SHARED, today, WARM_UP, shrunk, lists.port());
  }

  private static String zone(String name) {
    return "X-Sending-Zone: " + name;
  }

  private static void awaitArrived(String domain, int number) throws Exception {
    Await.until(
        ClusterRun.BOUND, number + " arrived for " + domain, () -> sink.arrived(domain) >= number);
    assertThat(sink.arrived(domain)).isEqualTo(number);
  }

  /** Says something at RCPT to some sources alone. */
  private static Script toSources(Set<String> names, String domain, String reply) {
    return moment ->
        moment.stage() == Stage.RCPT
                && moment.argument().endsWith("@" + domain)
                && names.contains(lists.name(moment))
            ? Action.reply(reply)
            : Action.PROCEED;
  }

  @Test
  void a_blocklisted_source_is_off_and_the_others_take_over() throws Exception {
    String listed = "554 5.7.1 Service unavailable; client host blocked using zen.spamhaus.org";
    lists.script(toSources(Set.of("s11.example", "s14.example"), "listed.example", listed));
    for (int n = 0; n < 3; n++) {
      run.queue("listed.example", 30, zone("listed"));
    }
    Await.until(ClusterRun.BOUND, "all arrived", () -> lists.arrived("listed.example") == 90);
    assertThat(lists.sources("listed.example")).containsOnlyKeys("127.0.0.17");
    lists.script(
        toSources(Set.of("s11.example", "s14.example", "s17.example"), "listed.example", listed));
    run.queue("listed.example", 6, zone("listed"));
    String id = run.lastId;
    Await.until(
        ClusterRun.BOUND,
        "all sources are off",
        () ->
            run.why(id)
                    .lines()
                    .filter(
                        line -> line.contains("last reply: 451 4.7.1 All sources are blocklisted"))
                    .count()
                == 6);
    assertThat(lists.arrived("listed.example")).isEqualTo(90);
  }

  @Test
  void a_greylisted_delivery_keeps_its_source() throws Exception {
    Map<String, String> first = new ConcurrentHashMap<>();
    Map<String, Set<String>> tried = new ConcurrentHashMap<>();
    sink.script(
        moment -> {
          if (moment.stage() != Stage.RCPT || !moment.argument().endsWith("@grey.example")) {
            return Action.PROCEED;
          }
          String to = moment.argument() + " " + moment.transaction();
          String name = sink.name(moment);
          tried.computeIfAbsent(moment.argument(), key -> ConcurrentHashMap.newKeySet()).add(name);
          boolean unknown = first.putIfAbsent(moment.argument(), name) == null;
          return unknown ? Action.reply("451 4.7.1 Greylisted, come back: " + to) : Action.PROCEED;
        });
    run.queue("grey.example", 50, zone("grey"));
    awaitArrived("grey.example", 50);
    assertThat(tried).hasSize(50).allSatisfy((to, names) -> assertThat(names).hasSize(1));
  }

  @Test
  void messages_of_a_zone_with_a_pool_hash_stick_to_one_source() throws Exception {
    sink.script(Script.OBEDIENT);
    for (int n = 0; n < 12; n++) {
      run.queue("from.example", 2, zone("from"));
      for (int domain = 0; domain < 12; domain++) {
        run.queue("d" + domain + ".example", 2, zone("domain"));
      }
    }
    awaitArrived("from.example", 24);
    assertThat(sink.sources("from.example")).hasSize(1);
    Set<String> used = new HashSet<>();
    Map<String, Set<String>> byDomain = new HashMap<>();
    for (int domain = 0; domain < 12; domain++) {
      String name = "d" + domain + ".example";
      awaitArrived(name, 24);
      byDomain.put(name, sink.sources(name).keySet());
      used.addAll(sink.sources(name).keySet());
    }
    assertThat(byDomain).allSatisfy((name, sources) -> assertThat(sources).hasSize(1));
    assertThat(used).hasSizeGreaterThan(1);
  }

  @Test
  void what_waits_for_the_node_that_owns_its_source_says_so_on_every_node() throws Exception {
    CountDownLatch seen = new CountDownLatch(1);
    sink.script(
        moment -> {
          if (moment.stage() == Stage.DOT) {
            awaitSeen(seen);
          }
          return Action.PROCEED;
        });
    // More than a node with one connection takes in hand.
    run.queue("narrow.example", 300, zone("narrow"));
    String id = run.lastId;
    try {
      for (NodeProcess asked : run.cluster.nodes()) {
        Await.until(
            ClusterRun.BOUND,
            "it says which node it waits for",
            () -> {
              String why = run.command(asked, "why", id).text();
              Matcher awaited = AWAITED.matcher(why);
              return awaited.find()
                  && why.contains("  " + awaited.group(1) + ": ")
                  && !why.contains("deliveries are queued for");
            });
      }
    } finally {
      seen.countDown();
    }
    awaitArrived("narrow.example", 300);
    assertThat(sink.sources("narrow.example")).hasSize(1);
  }

  private static final Pattern AWAITED =
      Pattern.compile(
          "its source: it is to leave from 127\\.0\\.0\\.1[147], which is (n[123])'s; it waits until \\1 has room");

  private static void awaitSeen(CountDownLatch seen) {
    try {
      assertThat(seen.await(ClusterRun.BOUND.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void families_are_used_as_the_zone_says() throws Exception {
    // Each message takes a moment, so that there are several connections.
    CountDownLatch never = new CountDownLatch(1);
    sink.script(
        moment -> {
          if (moment.stage() == Stage.DOT) {
            try {
              boolean called = never.await(100, TimeUnit.MILLISECONDS);
              assertThat(called).isFalse();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          }
          return Action.PROCEED;
        });
    List<String> zones = List.of("six", "auto", "prefer", "never");
    for (int n = 0; n < 40; n++) {
      for (String zone : zones) {
        run.queue(zone + ".example", 1, zone(zone));
      }
    }
    for (String zone : zones) {
      awaitArrived(zone + ".example", 40);
    }
    assertThat(sink.sources("six.example")).containsOnlyKeys(SIX);
    assertThat(sink.sources("auto.example")).containsOnlyKeys(SIX, "127.0.0.21");
    assertThat(sink.sources("never.example")).containsOnlyKeys("127.0.0.21");
    assertThat(sink.sources("prefer.example")).containsOnlyKeys(SIX);
  }

  @Test
  void a_warm_up_is_exact_over_all_nodes_and_through_a_restart_of_all() throws Exception {
    sink.script(Script.OBEDIENT);
    run.queue("cold.example", 2, zone("cold"));
    awaitArrived("cold.example", 2);
    // The other source takes what comes before the first sends of this one are given out.
    int queued = 0;
    while (!sink.sources("warm.example").containsKey(SHARED)) {
      queued += 100;
      assertThat(queued).as("messages until a source that warms up is used").isLessThan(10_000);
      for (int n = 0; n < 10; n++) {
        run.queue("warm.example", 10, zone("warm"));
      }
      awaitArrived("warm.example", queued);
    }
    long before = sink.sources("warm.example").getOrDefault(SHARED, 0L);
    assertThat(before).isBetween(1L, (long) WARM_UP);
    for (NodeProcess node : run.cluster.nodes()) {
      node.kill();
    }
    run.cluster.startAll(ClusterRun.BOUND);
    for (int n = 0; n < 10; n++) {
      run.queue("warm.example", 10, zone("warm"));
    }
    run.queue("cold.example", 5, zone("cold"));
    String waiting = run.lastId;
    awaitArrived("warm.example", queued + 100);
    assertThat(sink.sources("warm.example").getOrDefault(SHARED, 0L))
        .isBetween(before, (long) WARM_UP);
    assertThat(sink.sources("warm.example").keySet()).containsOnly(SHARED, "127.0.0.16");
    Await.until(
        ClusterRun.BOUND,
        "the day's sends are used up",
        () ->
            run.why(waiting).contains("by warmup:127.0.0.18: 3 of today's 3 sends are given out"));
    assertThat(sink.arrived("cold.example")).isBetween(2, 3);
  }

  @Test
  void nothing_more_starts_from_an_address_that_the_document_has_lost() throws Exception {
    sink.script(Script.OBEDIENT);
    run.apply(document(", { address: 127.0.0.15 }"));
    for (int n = 0; n < 4; n++) {
      run.queue("shrinks.example", 50, zone("shrinks"));
    }
    awaitArrived("shrinks.example", 200);
    assertThat(sink.sources("shrinks.example").keySet()).isSubsetOf("127.0.0.12", "127.0.0.15");
    run.apply(document(""));
    Await.until(
        ClusterRun.BOUND,
        "every node knows",
        () ->
            run.cluster.nodes().stream()
                .allMatch(
                    node ->
                        run.command(node, "status")
                            .text()
                            .lines()
                            .anyMatch(line -> line.matches("shrinks .* n1:50"))));
    for (int n = 0; n < 4; n++) {
      run.queue("shrunk.example", 50, zone("shrinks"));
    }
    awaitArrived("shrunk.example", 200);
    assertThat(sink.sources("shrunk.example").keySet().stream().collect(Collectors.toSet()))
        .containsOnly("127.0.0.12");
  }
}
