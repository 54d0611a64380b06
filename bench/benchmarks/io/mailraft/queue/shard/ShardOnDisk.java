package io.mailraft.queue.shard;

import com.google.protobuf.ByteString;
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
import io.mailraft.queue.store.Position;
import io.mailraft.queue.store.RocksMemory;
import io.mailraft.queue.store.RocksStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * A shard's state on a RocksDB of its own, with its picker, and without Raft: one thread applies.
 */
final class ShardOnDisk implements AutoCloseable {
  private static final long EPOCH = 7;
  private static final long MEMORY_BYTES = 64L << 20;
  private static final String ZONE = "default";

  private final Path directory;
  private final RocksMemory memory = new RocksMemory(MEMORY_BYTES);
  private final RocksStore store;
  private final ShardFold fold = new ShardFold(0);
  private final Picker picker;
  private final ByteString body;
  private final int domains;
  private long index;
  private long nextMessage = 1;

  /**
   * Makes an empty one in a temporary directory.
   *
   * @param bodyBytes size of every message
   * @param domains number of recipient domains, which messages take in turn
   */
  ShardOnDisk(int bodyBytes, int domains) throws IOException {
    directory = Files.createTempDirectory("mailraft-benchmark-");
    store = RocksStore.open(directory.resolve("db"), Rows.ALL, memory);
    fold.load(store);
    picker = new Picker(store, 1, source -> OptionalInt.empty(), () -> {});
    body = ByteString.copyFrom(new byte[bodyBytes]);
    this.domains = domains;
    apply(
        Entry.newBuilder()
            .addRecords(
                Record.newBuilder()
                    .setFence(FenceNode.newBuilder().setNode(1).setEpoch(EPOCH).setLive(true)))
            .build());
    fold.attach(picker, () -> picker.start(fold));
  }

  /** Lets the node hold so many claims. */
  void want(int claims) {
    picker.attach(
        1,
        EPOCH,
        Map.of(ZONE, claims),
        List.of(),
        new ClaimSession() {
          @Override
          public void handOut(ClaimDeliveries handed, long at) {
            // Benchmarks take claims from the plan.
          }

          @Override
          public void lost() {
            throw new IllegalStateException("the session stays");
          }
        });
  }

  /** An entry that stores so many messages with one recipient each. */
  Entry messages(int count) {
    Entry.Builder entry = Entry.newBuilder();
    for (int i = 0; i < count; i++) {
      long number = nextMessage++;
      entry.addRecords(
          Record.newBuilder()
              .setStoreMessage(
                  StoreMessage.newBuilder()
                      .setId(new MessageId(number, 0).toByteString())
                      .setBody(body)
                      .addRecipients(
                          Recipient.newBuilder()
                              .setSeq(1)
                              .setAddress("reader@example.com")
                              .setZone(ZONE)
                              .setDomain("d" + number % domains + ".example"))));
    }
    return entry.build();
  }

  /** Applies one entry as a replica does. */
  void apply(Entry entry) {
    Position at = new Position(1, ++index, index);
    Batch batch = store.begin();
    fold.apply(entry, at, batch);
    store.commit(batch, at);
    fold.applied(at);
  }

  /** Lets the picker choose and applies its plans; what was claimed. */
  List<DeliveryRef> claim() {
    List<ClaimDeliveries> plans = picker.plan();
    for (ClaimDeliveries plan : plans) {
      apply(Entry.newBuilder().addRecords(Record.newBuilder().setClaim(plan)).build());
      picker.settle(plan);
    }
    return plans.stream().flatMap(plan -> plan.getDeliveriesList().stream()).toList();
  }

  /** Applies one entry that ends deliveries as delivered. */
  void deliver(List<DeliveryRef> claimed) {
    Outcomes.Builder outcomes = Outcomes.newBuilder().setNode(1).setEpoch(EPOCH);
    for (DeliveryRef ref : claimed) {
      outcomes.addOutcomes(
          Outcome.newBuilder()
              .setId(ref.getId())
              .setSeq(ref.getSeq())
              .setKind(OutcomeKind.DELIVERED));
    }
    apply(Entry.newBuilder().addRecords(Record.newBuilder().setOutcomes(outcomes)).build());
  }

  /** Deliveries that are queued or claimed. */
  long open() {
    return fold.counters().zones().values().stream()
        .mapToLong(depth -> depth.queued() + depth.claimed())
        .sum();
  }

  @Override
  public void close() throws IOException {
    store.close();
    memory.close();
    try (Stream<Path> left = Files.walk(directory)) {
      for (Path path : left.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
