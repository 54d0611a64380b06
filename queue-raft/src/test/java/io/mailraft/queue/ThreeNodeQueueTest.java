package io.mailraft.queue;

import static io.mailraft.queue.QueueCluster.await;
import static io.mailraft.queue.QueueCluster.body;
import static io.mailraft.queue.QueueCluster.submit;
import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.queue.QueueException.Reason;
import io.mailraft.queue.Sink.Manner;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;

@Execution(ExecutionMode.CONCURRENT)
class ThreeNodeQueueTest {
  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void i2_i8_whatEveryNodeSubmitsIsDeliveredWholeAndReplicasAgree(int shards) throws Exception {
    try (QueueCluster cluster = new QueueCluster(directory, 3, shards)) {
      cluster.startAll();
      Map<MessageId, byte[]> sent = new LinkedHashMap<>();
      for (String node : cluster.running()) {
        for (int bytes : new int[] {0, 100, 3 * ReplicatedUpload.CHUNK_BYTES + 5}) {
          sent.put(submit(cluster.queue(node), body(bytes), 2), body(bytes));
        }
      }
      Queue any = cluster.queue("n1");
      agree(any.verifyState());
      cluster.running().forEach(node -> cluster.sink(node).manner(Manner.DELIVER));
      for (int i = 0; i < 50; i++) {
        sent.put(submit(any, body(i), 1), body(i));
        if (i % 20 == 10) {
          agree(cluster.queue("n2").verifyState());
        }
      }
      cluster.awaitEmpty();
      sent.forEach(
          (id, body) -> {
            assertThat(cluster.deliveredTimes(id, 1)).isEqualTo(1);
            assertThat(cluster.running())
                .anyMatch(
                    node ->
                        cluster
                            .sink(node)
                            .content(id)
                            .filter(content -> java.util.Arrays.equals(content, body))
                            .isPresent());
          });
      assertThat(cluster.delivered()).isEqualTo(9 * 2 + 50);
      agree(any.verifyState());
    }
  }

  private static void agree(List<ReplicaChecksum> sums) {
    assertThat(sums).allSatisfy(sum -> assertThat(sum.error()).isEmpty());
    Map<String, Set<String>> digests = new LinkedHashMap<>();
    sums.forEach(
        sum ->
            digests
                .computeIfAbsent(sum.group(), _ -> new HashSet<>())
                .add(sum.index() + " " + sum.digest()));
    assertThat(digests.values()).allSatisfy(digest -> assertThat(digest).hasSize(1));
  }

  @Test
  void i1_i2_submissionsWaitOutTheLossOfALeaderAndEachIsDeliveredOnce() throws Exception {
    try (QueueCluster cluster = new QueueCluster(directory, 3, 1)) {
      cluster.startAll();
      String leader = cluster.leader("shard-0");
      List<String> rest = cluster.running().stream().filter(node -> !node.equals(leader)).toList();
      AtomicInteger done = new AtomicInteger();
      List<MessageId> accepted = new ArrayList<>();
      try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<List<MessageId>>> all = new ArrayList<>();
        for (int client = 0; client < 8; client++) {
          Queue queue = cluster.queue(rest.get(client % 2));
          int bytes = client == 0 ? 2 * ReplicatedUpload.CHUNK_BYTES : 500;
          all.add(
              clients.submit(
                  () -> {
                    List<MessageId> ids = new ArrayList<>();
                    while (ids.size() < 30) {
                      ids.add(submit(queue, body(bytes), 1));
                      done.incrementAndGet();
                    }
                    return ids;
                  }));
        }
        await("some submissions", () -> done.get() > 40);
        cluster.stop(leader);
        for (Future<List<MessageId>> ids : all) {
          accepted.addAll(ids.get(60, TimeUnit.SECONDS));
        }
      }
      assertThat(accepted).hasSize(240).doesNotHaveDuplicates();
      rest.forEach(node -> cluster.sink(node).manner(Manner.DELIVER));
      cluster.awaitEmpty();
      for (MessageId id : accepted) {
        assertThat(cluster.deliveredTimes(id, 1)).as("message %s", id).isEqualTo(1);
      }
      assertThat(cluster.delivered()).isEqualTo(240);
    }
  }

  @Test
  void aMessageIsBegunAsSoonAsALeaderIsKnownAgain() throws Exception {
    try (QueueCluster cluster =
        new QueueCluster(directory, 3, 1).submitTimeout(Duration.ofSeconds(1))) {
      Queue left = cluster.startAll().queue("n1");
      cluster.stop("n2");
      cluster.stop("n3");
      await("no leader known for long", () -> isRefused(left));
      cluster.start("n2");
      cluster.start("n3");
      await("a leader", () -> left.leader(new MessageId(1, 0)).isPresent());
      assertThat(isRefused(left)).isFalse();
    }
  }

  private static boolean isRefused(Queue queue) {
    try (Upload _ = queue.begin()) {
      return false;
    } catch (QueueException e) {
      assertThat(e.reason()).isEqualTo(Reason.NO_MAJORITY);
      return true;
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void i4_i5_theClaimsOfADeadNodeGoToAnotherOnceItsLeaseHasLapsed(boolean leads) throws Exception {
    try (QueueCluster cluster = new QueueCluster(directory, 3, 1)) {
      cluster.startAll();
      String dying = leads ? cluster.leader("shard-0") : cluster.notLeading("shard-0");
      List<MessageId> ids = new ArrayList<>();
      for (int i = 0; i < 90; i++) {
        ids.add(submit(cluster.queue("n1"), body(i), 1));
      }
      await("claims of all", () -> cluster.held() == 90);
      // What the dead node had never comes out of it; the others still hold theirs.
      cluster.stop(dying);
      await("claims of all by the others", () -> cluster.held() == 90);
      cluster.running().forEach(node -> cluster.sink(node).manner(Manner.DELIVER));
      cluster.awaitEmpty();
      ids.forEach(id -> assertThat(cluster.deliveredTimes(id, 1)).isEqualTo(1));
    }
  }

  @Test
  void i6_outcomesThatDidNotReachTheShardAreReportedByTheNextProcess() throws Exception {
    try (QueueCluster cluster = new QueueCluster(directory, 3, 1)) {
      cluster.startAll();
      List<MessageId> ids = new ArrayList<>();
      for (int i = 0; i < 30; i++) {
        ids.add(submit(cluster.queue("n1"), body(i), 1));
      }
      await("claims of all", () -> cluster.held() == 30);
      // Without a majority no outcome gets through.
      cluster.stop("n2");
      cluster.stop("n3");
      int delivered = cluster.sink("n1").held().size();
      await("the lease, or its end", () -> cluster.queue("n1").unready().isPresent());
      Files.write(cluster.data("n1").resolve("outcomes"), journalOf(cluster));
      cluster.stop("n1");
      cluster.startAll();
      cluster.running().forEach(node -> cluster.sink(node).manner(Manner.DELIVER));
      cluster.awaitEmpty();
      assertThat(cluster.delivered()).isEqualTo(30 - delivered);
      assertThat(ids).hasSize(30);
    }
  }

  /** The journal of a process that died right after its attempts had ended well. */
  private static byte[] journalOf(QueueCluster cluster) throws Exception {
    Path file = Files.createTempFile("outcomes", "");
    try (OutcomeJournal journal = new OutcomeJournal(file)) {
      for (ClaimedDelivery claim : cluster.sink("n1").held()) {
        journal.append(
            io.mailraft.api.log.Outcomes.newBuilder()
                .setNode(cluster.queue("n1").cluster().node("n1").orElseThrow().number())
                .setEpoch(claim.epoch())
                .addOutcomes(
                    io.mailraft.api.log.Outcome.newBuilder()
                        .setId(claim.id().toByteString())
                        .setSeq(claim.seq())
                        .setKind(io.mailraft.api.log.OutcomeKind.DELIVERED))
                .build());
      }
      return Files.readAllBytes(file);
    } finally {
      Files.delete(file);
    }
  }

  @Test
  void i8_aRowThatOnlyOneReplicaHasIsFound() throws Exception {
    try (QueueCluster cluster = new QueueCluster(directory, 3, 1)) {
      cluster.startAll();
      submit(cluster.queue("n1"), body(10), 1);
      agree(cluster.queue("n1").verifyState());
      cluster.stop("n3");
      plantRow(cluster.data("n3"));
      cluster.start("n3");
      List<ReplicaChecksum> sums = cluster.queue("n1").verifyState();
      assertThat(sums).allSatisfy(sum -> assertThat(sum.error()).isEmpty());
      Map<String, Long> shard = new LinkedHashMap<>();
      sums.stream()
          .filter(sum -> sum.group().equals("shard-0"))
          .forEach(sum -> shard.put(sum.node(), sum.rows()));
      long honest = shard.getOrDefault("n1", -1L);
      assertThat(shard).containsEntry("n2", honest).containsEntry("n3", honest + 1);
      assertThat(
              sums.stream()
                  .filter(sum -> sum.group().equals("shard-0"))
                  .map(ReplicaChecksum::digest)
                  .distinct())
          .hasSize(2);
    }
  }

  /** Writes a row into the shard's database behind its back. */
  private static void plantRow(Path data) throws Exception {
    List<Path> databases;
    try (Stream<Path> all = Files.walk(data)) {
      databases = all.filter(path -> path.endsWith("db") && Files.isDirectory(path)).toList();
    }
    int planted = 0;
    for (Path database : databases) {
      List<ColumnFamilyDescriptor> families = new ArrayList<>();
      List<String> names = new ArrayList<>();
      try (Options options = new Options()) {
        for (byte[] name : RocksDB.listColumnFamilies(options, database.toString())) {
          families.add(new ColumnFamilyDescriptor(name));
          names.add(new String(name, java.nio.charset.StandardCharsets.UTF_8));
        }
      }
      int bare = names.indexOf("bare");
      if (bare < 0) {
        continue;
      }
      List<ColumnFamilyHandle> handles = new ArrayList<>();
      try (DBOptions options = new DBOptions();
          FlushOptions flush = new FlushOptions().setWaitForFlush(true);
          RocksDB db = RocksDB.open(options, database.toString(), families, handles)) {
        db.put(handles.get(bare), new byte[] {'z', 0, 'z', 0, 1}, new byte[0]);
        db.flush(flush, handles);
        handles.forEach(ColumnFamilyHandle::close);
        planted++;
      }
    }
    assertThat(planted).isEqualTo(1);
  }
}
