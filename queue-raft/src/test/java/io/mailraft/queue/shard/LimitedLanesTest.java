package io.mailraft.queue.shard;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.mailraft.api.link.DomainLimit;
import io.mailraft.api.log.ClaimDeliveries;
import io.mailraft.api.log.DeliveryRef;
import io.mailraft.api.log.Entry;
import io.mailraft.api.log.FenceNode;
import io.mailraft.api.log.Outcome;
import io.mailraft.api.log.OutcomeKind;
import io.mailraft.api.log.Outcomes;
import io.mailraft.api.log.Recipient;
import io.mailraft.api.log.Record;
import io.mailraft.api.log.StoreMessage;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.MemoryStore;
import io.mailraft.queue.store.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Domains of which a node can use only so many claims. */
final class LimitedLanesTest {
  private static final String ZONE = "default";

  private final MemoryStore store = new MemoryStore(Rows.ALL);
  private final ShardFold fold = new ShardFold(0);
  private final Picker picker = new Picker(store, 1, source -> OptionalInt.empty(), () -> {});
  private final Map<Integer, List<DeliveryRef>> held = new TreeMap<>();
  private long index;
  private long nextStem = 1;

  LimitedLanesTest() {
    fold.load(store);
    fold.attach(picker, () -> picker.start(fold));
  }

  private void apply(Record.Builder record) {
    Position at = new Position(1, ++index, index);
    Batch batch = store.begin();
    fold.apply(Entry.newBuilder().addRecords(record).build(), at, batch);
    store.commit(batch, at);
    fold.applied(at);
  }

  private void queue(String domain, int messages) {
    for (int i = 0; i < messages; i++) {
      apply(Record.newBuilder().setStoreMessage(message(domain)));
    }
  }

  private StoreMessage message(String domain) {
    return StoreMessage.newBuilder()
        .setId(new MessageId(nextStem++, 0).toByteString())
        .setBody(ByteString.copyFromUtf8("x"))
        .addRecipients(
            Recipient.newBuilder()
                .setSeq(1)
                .setAddress("a@" + domain)
                .setZone(ZONE)
                .setDomain(domain))
        .build();
  }

  private void node(int node, int wanted, DomainLimit... limits) {
    apply(
        Record.newBuilder()
            .setFence(FenceNode.newBuilder().setNode(node).setEpoch(node).setLive(true)));
    picker.attach(
        node,
        node,
        Map.of(ZONE, wanted),
        List.of(limits),
        new ClaimSession() {
          @Override
          public void handOut(ClaimDeliveries claims, long at) {
            held.computeIfAbsent(node, n -> new ArrayList<>()).addAll(claims.getDeliveriesList());
          }

          @Override
          public void lost() {
            held.remove(node);
          }
        });
  }

  private static DomainLimit limit(String domain, int claims) {
    return DomainLimit.newBuilder().setZone(ZONE).setDomain(domain).setClaims(claims).build();
  }

  private static DomainLimit free(String domain) {
    return DomainLimit.newBuilder().setZone(ZONE).setDomain(domain).setFree(true).build();
  }

  /** Plans until nothing is left to plan. */
  private void settle() {
    List<ClaimDeliveries> plans = picker.plan();
    while (!plans.isEmpty()) {
      for (ClaimDeliveries plan : plans) {
        apply(Record.newBuilder().setClaim(plan));
        picker.settle(plan);
      }
      plans = picker.plan();
    }
  }

  private void deliver(int node, String domain, int count) {
    List<DeliveryRef> some =
        held.getOrDefault(node, List.of()).stream()
            .filter(ref -> ref.getDomain().equals(domain))
            .limit(count)
            .toList();
    assertThat(some).hasSize(count);
    held.getOrDefault(node, new ArrayList<>()).removeAll(some);
    Outcomes.Builder outcomes = Outcomes.newBuilder().setNode(node).setEpoch(node);
    some.forEach(
        ref ->
            outcomes.addOutcomes(
                Outcome.newBuilder()
                    .setId(ref.getId())
                    .setSeq(ref.getSeq())
                    .setKind(OutcomeKind.DELIVERED)));
    apply(Record.newBuilder().setOutcomes(outcomes));
  }

  private Map<String, Long> heldBy(int node) {
    return held.getOrDefault(node, List.of()).stream()
        .collect(
            Collectors.groupingBy(DeliveryRef::getDomain, TreeMap::new, Collectors.counting()));
  }

  @Test
  void aNodeThatDoesNotServeTheZoneDoesNotKeepLimitedDomainsInTheWayOfOthers() {
    DomainLimit[] limits = new DomainLimit[40];
    for (int i = 0; i < limits.length; i++) {
      queue("d" + i + ".example", 1);
      limits[i] = limit("d" + i + ".example", 0);
    }
    node(1, 10, limits);
    node(2, 0);
    queue("free.example", 1);
    settle();
    assertThat(heldBy(1)).isEqualTo(Map.of("free.example", 1L));
    // Once the other one serves it, all goes there.
    picker.credit(2, 2, Map.of(ZONE, 100), List.of());
    settle();
    assertThat(heldBy(2)).hasSize(limits.length);
  }

  @Test
  void aNodeThatWantsNothingOfTheZoneGetsNothingOfItsLimitedDomainsEither() {
    queue("slow.example", 10);
    node(1, 0, limit("slow.example", 3));
    settle();
    assertThat(heldBy(1)).isEmpty();
    picker.credit(1, 1, Map.of(ZONE, 10), List.of());
    settle();
    assertThat(heldBy(1)).isEqualTo(Map.of("slow.example", 3L));
  }

  @Test
  void aLimitedDomainNeitherFillsTheWindowNorGetsMore() {
    node(1, 40, limit("slow.example", 3));
    queue("slow.example", 200);
    queue("fast.example", 200);
    settle();
    assertThat(heldBy(1)).isEqualTo(Map.of("slow.example", 3L, "fast.example", 40L));
    deliver(1, "fast.example", 10);
    settle();
    assertThat(heldBy(1)).isEqualTo(Map.of("slow.example", 3L, "fast.example", 40L));
    deliver(1, "slow.example", 2);
    settle();
    assertThat(heldBy(1)).isEqualTo(Map.of("slow.example", 3L, "fast.example", 40L));
  }

  @Test
  void whatWasClaimedBeforeALimitLeavesTheWindowToOthers() {
    node(1, 40);
    queue("slow.example", 200);
    settle();
    queue("fast.example", 200);
    settle();
    assertThat(heldBy(1)).isEqualTo(Map.of("slow.example", 40L));
    picker.credit(1, 1, Map.of(ZONE, 40), List.of(limit("slow.example", 2)));
    settle();
    assertThat(heldBy(1)).isEqualTo(Map.of("slow.example", 40L, "fast.example", 40L));
    picker.credit(1, 1, Map.of(ZONE, 40), List.of(free("slow.example")));
    deliver(1, "fast.example", 40);
    settle();
    // The window is full again with those of the slow domain.
    assertThat(heldBy(1)).isEqualTo(Map.of("slow.example", 40L));
  }

  @Test
  void whatOneNodeCannotUseAnotherOneGets() {
    node(1, 10, limit("slow.example", 0));
    node(2, 10);
    queue("slow.example", 50);
    settle();
    assertThat(heldBy(1)).isEmpty();
    assertThat(heldBy(2)).isEqualTo(Map.of("slow.example", 10L));
    picker.credit(2, 2, Map.of(ZONE, 10), List.of(limit("slow.example", 4)));
    picker.credit(1, 1, Map.of(ZONE, 10), List.of(limit("slow.example", 1)));
    settle();
    assertThat(heldBy(1)).isEqualTo(Map.of("slow.example", 1L));
  }

  @Test
  void aNewMessageOfALimitedDomainDoesNotPassThoseThatWait() {
    node(1, 40, limit("slow.example", 1));
    queue("slow.example", 3);
    settle();
    deliver(1, "slow.example", 1);
    // A second may go now, and it is not the newest.
    assertThat(picker.foresee(List.of(message("slow.example")))).isEmpty();
    settle();
    assertThat(heldBy(1)).isEqualTo(Map.of("slow.example", 1L));
  }

  /** Whatever is limited, claimed, ended: at rest no node could be given anything more. */
  @Test
  void nothingIsForgottenUnderRandomLimits() {
    for (long seed = 1; seed <= 30; seed++) {
      LimitedLanesTest world = new LimitedLanesTest();
      world.random(new Random(seed), seed);
    }
  }

  private void random(Random random, long seed) {
    String[] domains = {"a.example", "b.example", "c.example", "d.example"};
    Map<Integer, Map<String, Integer>> limits = new TreeMap<>();
    for (int node = 1; node <= 3; node++) {
      node(node, 6);
      limits.put(node, new TreeMap<>());
    }
    for (int step = 0; step < 300; step++) {
      String domain = domains[random.nextInt(domains.length)];
      int node = 1 + random.nextInt(3);
      Map<String, Integer> own = limits.getOrDefault(node, Map.of());
      switch (random.nextInt(4)) {
        case 0 -> queue(domain, 1 + random.nextInt(8));
        case 1 -> {
          int claims = random.nextInt(4);
          own.put(domain, claims);
          picker.credit(node, node, Map.of(ZONE, 6), List.of(limit(domain, claims)));
        }
        case 2 -> {
          own.remove(domain);
          picker.credit(node, node, Map.of(ZONE, 6), List.of(free(domain)));
        }
        default -> {
          long some = heldBy(node).getOrDefault(domain, 0L);
          deliver(node, domain, (int) Math.min(some, 1 + random.nextInt(3)));
        }
      }
      settle();
      for (String each : domains) {
        if (fold.counters().lane(new Lane(ZONE, each)).queued() > 0) {
          for (int n = 1; n <= 3; n++) {
            assertThat(room(n, each, limits.getOrDefault(n, Map.of())))
                .as("seed %d, step %d: room of node %d for %s", seed, step, n, each)
                .isLessThanOrEqualTo(0);
          }
        }
      }
    }
  }

  private long room(int node, String domain, Map<String, Integer> limits) {
    Map<String, Long> has = heldBy(node);
    if (limits.containsKey(domain)) {
      return limits.getOrDefault(domain, 0) - has.getOrDefault(domain, 0L);
    }
    return 6
        - has.entrySet().stream()
            .filter(entry -> !limits.containsKey(entry.getKey()))
            .mapToLong(Map.Entry::getValue)
            .sum();
  }
}
