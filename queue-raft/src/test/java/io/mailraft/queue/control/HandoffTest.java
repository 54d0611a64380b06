package io.mailraft.queue.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.api.log.LeaseRef;
import io.mailraft.api.log.NodeAddresses;
import io.mailraft.config.ClusterSettings;
import io.mailraft.config.PoolSource;
import io.mailraft.config.Throttles;
import io.mailraft.config.ZoneConfig;
import io.mailraft.config.ZonePool;
import io.mailraft.config.ZoneRouting;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Who serves a zone, and that parts never add up to more than the limit while they change. */
final class HandoffTest {

  private static ZoneConfig zone(String name, int connections, String... addresses) {
    List<PoolSource> pool =
        Arrays.stream(addresses)
            .map(
                text -> {
                  String[] parts = text.split("/", -1);
                  return new PoolSource(
                      InetAddress.ofLiteral(parts[0]),
                      Optional.empty(),
                      parts.length > 1 ? Integer.parseInt(parts[1]) : 1,
                      Optional.empty());
                })
            .toList();
    return new ZoneConfig(
        name,
        connections,
        Optional.empty(),
        25,
        ZoneRouting.NONE,
        new ZonePool(pool, ZonePool.Ipv6.AUTO, ZonePool.PoolHash.NONE),
        Optional.empty());
  }

  private static ClusterSettings settings(ZoneConfig... zones) {
    Map<String, ZoneConfig> byName = new LinkedHashMap<>();
    Arrays.stream(zones).forEach(zone -> byName.put(zone.name(), zone));
    return new ClusterSettings(byName, Throttles.NONE, ClusterSettings.BLOCKLIST_PAUSE);
  }

  private static NodeEntry node(int number, long epoch, String... sources) {
    return new NodeEntry(
        number,
        "n" + number,
        1,
        epoch,
        NodeAddresses.newBuilder().addAllSources(List.of(sources)).build());
  }

  private static ControlView view(long index, NodeEntry... nodes) {
    Map<String, NodeEntry> byName = new HashMap<>();
    Arrays.stream(nodes).forEach(node -> byName.put(node.name(), node));
    return new ControlView(index, byName, ClusterDocument.NONE);
  }

  private static ControlView at(ControlView view, long turn) {
    return new ControlView(view.index(), view.nodes(), view.document(), Map.of(), turn);
  }

  private static int connections(Assignments assignments, String zone, String node) {
    return assignments.share(zone, node).map(Assignments.Share::connections).orElse(0);
  }

  @Test
  void aZoneIsServedByTheLiveOwnersOfItsAddressesByWeight() {
    ClusterSettings settings =
        settings(zone("bulk", 40, "192.0.2.1/3", "192.0.2.2/1", "192.0.2.9"), zone("open", 10));
    Assignments all =
        Assignments.of(
            view(
                1,
                node(1, 5, "192.0.2.1"),
                node(2, 6, "192.0.2.2"),
                node(3, 7, "192.0.2.3"),
                node(4, 0, "192.0.2.9")),
            settings);
    assertThat(connections(all, "bulk", "n1")).isEqualTo(30);
    assertThat(connections(all, "bulk", "n2")).isEqualTo(10);
    assertThat(all.share("bulk", "n3")).isEmpty();
    assertThat(all.share("bulk", "n4")).isEmpty();
    assertThat(all.zones().getOrDefault("open", List.of())).hasSize(3);
    assertThat(
            all.zones().getOrDefault("open", List.of()).stream()
                .mapToInt(Assignments.Share::connections)
                .sum())
        .isEqualTo(10);
  }

  @Test
  void aZoneThatNobodyAliveCanServeIsUnserved() {
    ClusterSettings settings = settings(zone("bulk", 40, "192.0.2.1"));
    Assignments none = Assignments.of(view(1, node(1, 0, "192.0.2.1"), node(2, 3)), settings);
    assertThat(none.zones()).containsEntry("bulk", List.of());
  }

  @Test
  void addressesAreTheSameHoweverTheyAreWritten() {
    ClusterSettings settings = settings(zone("six", 4, "2001:db8::10"));
    String spelled = InetAddress.ofLiteral("2001:DB8:0:0:0:0:0:10").getHostAddress();
    assertThat(connections(Assignments.of(view(1, node(1, 2, spelled)), settings), "six", "n1"))
        .isEqualTo(4);
  }

  @Test
  void aNodeThatIsAloneServesAtOnce() {
    Handoff handoff = new Handoff("n1");
    ControlView view = view(3, node(1, 3));
    handoff.agreed(view, Assignments.of(view, settings(zone("default", 50))));
    assertThat(handoff.connections("default")).isEqualTo(50);
    assertThat(handoff.waits()).isFalse();
  }

  @Test
  void whatAnotherNodeHasIsTakenOverOnceItHasGivenItUpOrDied() {
    ClusterSettings settings = settings(zone("default", 50));
    Handoff joiner = new Handoff("n2");
    ControlView joined = view(8, node(1, 3), node(2, 8));
    joiner.agreed(joined, Assignments.of(joined, settings));
    assertThat(joiner.connections("default")).isZero();
    LeaseRef first = LeaseRef.newBuilder().setNode(1).setEpoch(3).build();
    assertThat(joiner.obeyed(first, 7)).isFalse();
    assertThat(joiner.obeyed(LeaseRef.newBuilder().setNode(1).setEpoch(2).build(), 9)).isFalse();
    assertThat(joiner.obeyed(first, 8)).isTrue();
    assertThat(joiner.connections("default")).isEqualTo(25);
    ControlView alone = view(12, node(1, 0), node(2, 8));
    joiner.agreed(alone, Assignments.of(alone, settings));
    assertThat(joiner.connections("default")).isEqualTo(50);
  }

  @Test
  void aLimitThatIsTooSmallForEverybodyGoesRound() {
    ControlView view = view(1, node(1, 5, "192.0.2.1"), node(2, 6), node(3, 7));
    ClusterSettings settings = settings(zone("bulk", 40, "192.0.2.1"), zone("default", 50));
    Map<String, Integer> turns = new HashMap<>();
    for (long turn = 100; turn < 103; turn++) {
      Assignments now = Assignments.of(at(view, turn), settings);
      int sum = 0;
      for (String node : List.of("n1", "n2", "n3")) {
        int part = now.part("gmail.com", 2, node);
        turns.merge(node, part, Integer::sum);
        sum += part;
        assertThat(now.part("gmail.com", 3, node)).as("enough for everybody").isEqualTo(1);
      }
      assertThat(sum).as("turn %d", turn).isEqualTo(2);
    }
    assertThat(turns).isEqualTo(Map.of("n1", 2, "n2", 2, "n3", 2));
  }

  @Test
  void aLimitIsSharedByThoseAloneWhoHaveConnections() {
    ControlView view = view(1, node(1, 5, "192.0.2.1"), node(2, 6, "192.0.2.1"));
    Assignments one = Assignments.of(view, settings(zone("default", 1, "192.0.2.1")));
    String able = connections(one, "default", "n1") == 1 ? "n1" : "n2";
    for (String counter :
        List.of("gmail.com", "gmail.com zone=default", "gmail.com source=192.0.2.1")) {
      for (int i = 0; i < 8; i++) {
        assertThat(one.part("a" + i + counter, 1, able)).as(counter).isEqualTo(1);
      }
    }
  }

  /** Nodes hear and obey in any order, join, die and change their minds: no limit is exceeded. */
  @Test
  void partsNeverAddUpToMoreThanTheLimit() {
    for (long seed = 1; seed <= 200; seed++) {
      Random random = new Random(seed);
      run(random, seed, true);
    }
  }

  @Test
  void withoutTheHandoffTheyWould() {
    boolean caught = false;
    for (long seed = 1; seed <= 200 && !caught; seed++) {
      try {
        run(new Random(seed), seed, false);
      } catch (AssertionError e) {
        caught = true;
      }
    }
    assertThat(caught).isTrue();
  }

  private static void run(Random random, long seed, boolean careful) {
    int limit = 1 + random.nextInt(20);
    ClusterSettings settings =
        settings(zone("default", limit), zone("bulk", limit, "192.0.2.1/2", "192.0.2.2"));
    int nodes = 3;
    long[] epochs = new long[nodes + 1];
    Handoff[] handoffs = new Handoff[nodes + 1];
    Map<Integer, java.util.ArrayDeque<ControlView>> unheard = new HashMap<>();
    long index = 0;
    long turn = 0;
    for (int step = 0; step < 60; step++) {
      index++;
      int node = 1 + random.nextInt(nodes);
      int event = random.nextInt(6);
      if (event < 3) {
        if (event == 0) {
          turn++;
        } else {
          // It dies, or a new process joins. A dead node delivers nothing.
          epochs[node] = epochs[node] == 0 ? index : 0;
          handoffs[node] = new Handoff("n" + node);
          unheard.put(node, new java.util.ArrayDeque<>());
        }
        ControlView view =
            at(
                view(
                    index,
                    node(1, epochs[1], "192.0.2.1"),
                    node(2, epochs[2], "192.0.2.2"),
                    node(3, epochs[3])),
                turn);
        for (int n = 1; n <= nodes; n++) {
          if (epochs[n] != 0) {
            unheard.computeIfAbsent(n, k -> new java.util.ArrayDeque<>()).add(view);
          }
        }
      } else if (epochs[node] != 0) {
        ControlView view = unheard.computeIfAbsent(node, k -> new java.util.ArrayDeque<>()).poll();
        if (view != null) {
          handoffs[node].agreed(view, Assignments.of(view, settings));
          for (int n = 1; n <= nodes; n++) {
            if (n != node && epochs[n] != 0) {
              handoffs[n].obeyed(
                  LeaseRef.newBuilder().setNode(node).setEpoch(epochs[node]).build(), view.index());
            }
          }
        }
      }
      for (String zone : List.of("default", "bulk")) {
        int sum = 0;
        int parts = 0;
        int few = 0;
        for (int n = 1; n <= nodes; n++) {
          if (epochs[n] != 0) {
            sum +=
                careful
                    ? handoffs[n].connections(zone)
                    : connections(handoffs[n].newest(), zone, "n" + n);
            parts += handoffs[n].part("example.com zone=" + zone, limit);
            few += handoffs[n].part("example.com", 2);
          }
        }
        assertThat(sum).as("seed %d, step %d: %s", seed, step, zone).isLessThanOrEqualTo(limit);
        assertThat(parts).as("seed %d, step %d: part", seed, step).isLessThanOrEqualTo(limit);
        assertThat(few).as("seed %d, step %d: a small limit", seed, step).isLessThanOrEqualTo(2);
      }
    }
  }
}
