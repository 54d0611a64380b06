package io.mailraft.queue;

import static io.mailraft.queue.QueueCluster.ZONE;
import static io.mailraft.queue.QueueCluster.await;
import static io.mailraft.queue.QueueCluster.body;
import static io.mailraft.queue.QueueCluster.submit;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.mailraft.api.stored.DeliveryState;
import io.mailraft.queue.Inspection.State;
import io.mailraft.queue.Orders.Result;
import io.mailraft.queue.Orders.Wish;
import io.mailraft.queue.Sink.Manner;
import io.mailraft.queue.shard.Depth;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What is in the queue as somebody sees it who looks, and orders for single deliveries. */
@Execution(ExecutionMode.CONCURRENT)
class InspectionTest {
  @TempDir private Path directory;

  private static String name(ListedDelivery listed) {
    return listed.id() + "." + listed.seq();
  }

  private static List<String> names(DeliveryPage page) {
    return page.rows().stream().map(InspectionTest::name).toList();
  }

  /** Every row of a list, by pages that each look at so many rows at most. */
  private static List<String> all(
      Inspection inspection, State state, String zone, String begin, int limit, int looks) {
    List<String> rows = new ArrayList<>();
    Optional<String> start = Optional.of(begin);
    while (start.isPresent()) {
      DeliveryPage page = inspection.page(state, zone, start.get(), limit, looks);
      assertThat(page.rows().size()).isLessThanOrEqualTo(Math.min(limit, looks));
      rows.addAll(names(page));
      start = page.next();
    }
    return rows;
  }

  @Test
  void listsArePagedThroughWhateverTheSizeOfThePages() throws Exception {
    try (QueueCluster cluster = new QueueCluster(directory, 1, 2)) {
      Queue queue = cluster.startAll().queue("n1");
      Inspection inspection = queue.inspection();
      queue.wants(ZONE, 6);
      Set<String> all = new HashSet<>();
      for (int i = 0; i < 5; i++) {
        MessageId id = submit(queue, body(100), 5);
        for (int seq = 1; seq <= 5; seq++) {
          all.add(id + "." + seq);
        }
      }
      // By what was wanted before, more than 6 may be claimed: the lists must stand still, whatever
      // they hold.
      long[] last = {0, System.nanoTime()};
      await(
          "claims",
          () -> {
            long claimed = inspection.zone(ZONE).claimed();
            if (claimed != last[0]) {
              last[0] = claimed;
              last[1] = System.nanoTime();
            }
            return claimed >= 6 && System.nanoTime() - last[1] > 500_000_000;
          });
      for (int looks : new int[] {1, 4, 1000}) {
        for (int limit : new int[] {1, 2, 7, 24, 25, 26, 1000}) {
          List<String> rows = all(inspection, State.ACTIVE, ZONE, "", limit, looks);
          assertThat(new LinkedHashSet<>(rows))
              .as("limit %d, looks %d", limit, looks)
              .isEqualTo(all)
              .hasSameSizeAs(rows);
          assertThat(all(inspection, State.ACTIVE, ZONE, "20", limit, looks))
              .isEqualTo(rows.subList(20, 25));
        }
      }
      assertThat(names(inspection.page(State.ACTIVE, ZONE, "20", 3))).hasSize(3);
      assertThat(inspection.page(State.ACTIVE, ZONE, "25", 10).rows()).isEmpty();
      assertThat(inspection.page(State.ACTIVE, "other", "", 10).rows()).isEmpty();
      assertThat(inspection.page(State.DEFERRED, ZONE, "", 10).rows()).isEmpty();
      assertThat(inspection.domains(ZONE, "", 3)).hasSize(3);
      Map<String, Depth> domains = inspection.domains(ZONE, "", 1000);
      assertThat(domains.values().stream().mapToLong(InspectionTest::total).sum()).isEqualTo(25);
      domains.forEach((domain, depth) -> assertThat(inspection.domain(domain)).isEqualTo(depth));
      String second = domains.keySet().stream().skip(1).findFirst().orElseThrow();
      assertThat(inspection.domains(ZONE, domains.keySet().iterator().next(), 1))
          .containsOnlyKeys(second);
      assertThat(inspection.domain("nowhere.example")).isEqualTo(Depth.ZERO);
    }
  }

  private static long total(Depth depth) {
    return depth.queued() + depth.claimed() + depth.deferred() + depth.held();
  }

  @Test
  void aPlaceThatIsNoneIsRefused() throws Exception {
    try (QueueCluster cluster = new QueueCluster(directory, 1, 1)) {
      Inspection inspection = cluster.startAll().queue("n1").inspection();
      for (String start :
          List.of(
              "x",
              "-1",
              "1.5",
              "s0x",
              "s1cAAAA",
              "s0d",
              "999999999999999999",
              "s0c=",
              "s999q",
              "s0q~",
              "s0q~999999999999")) {
        assertThatThrownBy(() -> inspection.page(State.ACTIVE, ZONE, start, 10))
            .as(start)
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("start");
      }
    }
  }

  @Test
  void deferredOnesAreShownWithTheirReplyAndAreSentNowOrCancelled() throws Exception {
    try (QueueCluster cluster = new QueueCluster(directory, 3, 1)) {
      Queue queue = cluster.startAll().queue("n1");
      for (String node : cluster.peers().keySet()) {
        cluster.sink(node).manner(Manner.DEFER);
      }
      MessageId id = submit(queue, body(10), 3);
      for (String node : cluster.peers().keySet()) {
        Inspection inspection = cluster.queue(node).inspection();
        await("deferral", () -> inspection.zone(ZONE).deferred() == 3);
        assertThat(inspection.page(State.DEFERRED, ZONE, "", 10).rows())
            .allSatisfy(
                row -> {
                  assertThat(row.id()).isEqualTo(id);
                  assertThat(row.claimed()).isFalse();
                  assertThat(row.delivery().getState()).isEqualTo(DeliveryState.DELIVERY_DEFERRED);
                  assertThat(row.delivery().getReply()).isNotEmpty();
                })
            .hasSize(3);
        // Those of a zone are found behind others', which are only looked at.
        DeliveryPage none = inspection.page(State.DEFERRED, "rare", "", 10, 2);
        assertThat(none.rows()).isEmpty();
        assertThat(none.next()).isPresent();
        assertThat(all(inspection, State.DEFERRED, "rare", "", 10, 2)).isEmpty();
        assertThat(inspection.page(State.DEFERRED, "rare", "", 10).next()).isEmpty();
        assertThat(all(inspection, State.DEFERRED, ZONE, "1", 10, 1)).hasSize(2);
        assertThat(inspection.message(id).orElseThrow().recipients()).isEqualTo(3);
        assertThat(inspection.deliveries(id, 2, 10))
            .extracting(ListedDelivery::seq)
            .containsExactly(2, 3);
      }
      Orders orders = cluster.queue("n2").orders();
      assertThat(orders.cancel(id, 1, "n2 wants it so")).isEqualTo(Result.DONE);
      assertThat(orders.cancel(id, 1, "again")).isEqualTo(Result.UNKNOWN);
      assertThat(orders.cancel(id, 4, "there is none")).isEqualTo(Result.UNKNOWN);
      assertThat(orders.sendNow(id, 0, "there is none")).isEqualTo(Result.UNKNOWN);
      assertThat(orders.sendNow(new MessageId(1, 0), 1, "there is none")).isEqualTo(Result.UNKNOWN);
      assertThat(orders.sendNow(new MessageId(1, 9), 1, "no shard")).isEqualTo(Result.UNKNOWN);
      for (String node : cluster.peers().keySet()) {
        cluster.sink(node).manner(Manner.HOLD);
      }
      assertThat(orders.sendNow(id, 2, "n2 wants it so")).isEqualTo(Result.DONE);
      Inspection inspection = cluster.queue("n2").inspection();
      await("a claim", () -> inspection.zone(ZONE).claimed() == 1);
      assertThat(orders.cancel(id, 2, "too late")).isEqualTo(Result.CLAIMED);
      assertThat(orders.sendNow(id, 2, "it is being sent")).isEqualTo(Result.CLAIMED);
      assertThat(inspection.deliveries(id, 1, 10))
          .extracting(row -> row.delivery().getState(), ListedDelivery::claimed)
          .containsExactly(
              tuple(DeliveryState.END_CANCELLED, false),
              tuple(DeliveryState.QUEUED, true),
              tuple(DeliveryState.DELIVERY_DEFERRED, false));
      assertThat(orders.cancel(id, 3, "n2 wants it so")).isEqualTo(Result.DONE);
      await("only the claimed one is left", () -> total(inspection.zone(ZONE)) == 1);
    }
  }

  @Test
  void deliveriesAreHeldAndResumedByOrderOfAnyNode() throws Exception {
    try (QueueCluster cluster = new QueueCluster(directory, 3, 1)) {
      Queue queue = cluster.startAll().queue("n1");
      for (String node : cluster.peers().keySet()) {
        cluster.sink(node).manner(Manner.DEFER);
      }
      MessageId id = submit(queue, body(10), 3);
      Inspection inspection = cluster.queue("n2").inspection();
      await("deferral", () -> inspection.zone(ZONE).deferred() == 3);
      Orders orders = cluster.queue("n2").orders();
      assertThat(orders.order(Wish.RESUME, id, 0, "nothing is held"))
          .extracting(Orders.Ordered::result)
          .containsExactly(Result.OTHER, Result.OTHER, Result.OTHER);
      assertThat(orders.order(Wish.HOLD, id, 2, "held by ann: why"))
          .extracting(Orders.Ordered::result)
          .containsExactly(Result.DONE);
      assertThat(orders.order(Wish.CANCEL, id, 3, "cancelled by ann: why"))
          .extracting(Orders.Ordered::result)
          .containsExactly(Result.DONE);
      List<Orders.Ordered> all = orders.order(Wish.HOLD, id, 0, "held by bob: all");
      assertThat(all)
          .extracting(Orders.Ordered::result)
          .containsExactly(Result.DONE, Result.DONE, Result.ENDED);
      assertThat(all)
          .extracting(one -> one.row().delivery().getReply())
          .containsExactly("held by bob: all", "held by ann: why", "cancelled by ann: why");
      assertThat(all.getFirst().row().delivery().getHeldMillis()).isPositive();
      assertThat(inspection.zone(ZONE).held()).isEqualTo(2);
      for (String node : cluster.peers().keySet()) {
        cluster.sink(node).manner(Manner.HOLD);
      }
      assertThat(orders.order(Wish.RESUME, id, 0, "resumed"))
          .extracting(Orders.Ordered::result)
          .containsExactly(Result.DONE, Result.DONE, Result.ENDED);
      await("claims", () -> inspection.zone(ZONE).claimed() == 2);
      assertThat(orders.order(Wish.HOLD, id, 0, "too late"))
          .extracting(Orders.Ordered::result)
          .containsExactly(Result.CLAIMED, Result.CLAIMED, Result.ENDED);
      assertThat(orders.order(Wish.HOLD, new MessageId(1, 0), 0, "there is none")).isEmpty();
    }
  }

  @Test
  void aMessageIsSeenOnEveryNodeAsSoonAsItIsAccepted() throws Exception {
    try (QueueCluster cluster = new QueueCluster(directory, 3, 1)) {
      Queue queue = cluster.startAll().queue("n1");
      for (int i = 0; i < 20; i++) {
        MessageId id = submit(queue, body(10), 1);
        for (String node : cluster.peers().keySet()) {
          assertThat(cluster.queue(node).inspection().message(id))
              .as("%s on %s", id, node)
              .isPresent();
        }
      }
      assertThat(queue.inspection().message(new MessageId(1, 0))).isEmpty();
      assertThat(queue.inspection().message(new MessageId(1, 7))).isEmpty();
    }
  }
}
