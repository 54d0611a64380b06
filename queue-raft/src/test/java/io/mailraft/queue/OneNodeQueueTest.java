package io.mailraft.queue;

import static io.mailraft.queue.QueueCluster.ZONE;
import static io.mailraft.queue.QueueCluster.await;
import static io.mailraft.queue.QueueCluster.body;
import static io.mailraft.queue.QueueCluster.recipients;
import static io.mailraft.queue.QueueCluster.submit;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mailraft.api.log.Envelope;
import io.mailraft.queue.Sink.Manner;
import io.mailraft.queue.shard.Depth;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT)
class OneNodeQueueTest {
  @TempDir private Path directory;

  @Test
  void i2_everySizeOfMessageComesBackByteForByteAndEndsOnce() throws Exception {
    try (QueueCluster cluster = new QueueCluster(directory, 1, 1)) {
      Queue queue = cluster.startAll().queue("n1");
      Sink sink = cluster.sink("n1");
      Map<MessageId, byte[]> sent = new LinkedHashMap<>();
      int chunk = ReplicatedUpload.CHUNK_BYTES;
      for (int bytes : new int[] {0, 1, 2048, chunk, chunk + 1, 5 * chunk, 6 * chunk + 17}) {
        sent.put(submit(queue, body(bytes), 1), body(bytes));
      }
      MessageId many = submit(queue, body(300), 7);
      await("claims of all, but " + queue.zones(), () -> sink.held().size() == sent.size() + 7);
      assertThat(queue.zones()).containsExactly(Map.entry(ZONE, new Depth(0, 14, 0, 0)));
      assertThat(queue.lane(ZONE, "d1.example")).isEqualTo(new Depth(0, 7 + 3, 0, 0));
      sink.manner(Manner.DELIVER);
      cluster.awaitEmpty();
      sent.forEach((id, body) -> assertThat(sink.content(id)).hasValue(body));
      for (int seq = 1; seq <= 7; seq++) {
        assertThat(sink.deliveredTimes(many, seq)).isEqualTo(1);
      }
      assertThat(sink.delivered()).isEqualTo(14);
      await("confirmation", () -> queue.unconfirmedOutcomes() == 0 && queue.held() == 0);
      assertThat(sink.trouble()).isEmpty();
    }
  }

  @Test
  void i2_aDeferredDeliveryComesBackAfterItsDelay() throws Exception {
    try (QueueCluster cluster = new QueueCluster(directory, 1, 1)) {
      Queue queue = cluster.startAll().queue("n1");
      Sink sink = cluster.sink("n1").manner(Manner.DEFER_SHORTLY);
      MessageId id = submit(queue, body(10), 1);
      await("deferral", () -> queue.zones().getOrDefault(ZONE, Depth.ZERO).deferred() == 1);
      sink.manner(Manner.DELIVER);
      cluster.awaitEmpty();
      assertThat(sink.deliveredTimes(id, 1)).isEqualTo(1);
    }
  }

  @Test
  void i1_i2_aRestartKeepsMessagesDeferralsAndBodies() throws Exception {
    try (QueueCluster cluster = new QueueCluster(directory, 1, 1)) {
      Queue before = cluster.startAll().queue("n1");
      Sink sink = cluster.sink("n1");
      byte[] large = body(3 * ReplicatedUpload.CHUNK_BYTES);
      MessageId id = submit(before, large, 3);
      await("claims", () -> sink.held().size() == 3);
      try (Upload open = before.begin()) {
        open.write(ByteBuffer.wrap(body(10)));
        cluster.stop("n1");
      }
      Queue after = cluster.start("n1");
      await("the claims of the last process come back", () -> sink.held().size() == 3);
      assertThat(after.zones()).containsExactly(Map.entry(ZONE, new Depth(0, 3, 0, 0)));
      MessageId next = submit(after, body(5), 1);
      assertThat(next.toString()).isGreaterThan(id.toString());
      sink.manner(Manner.DELIVER);
      cluster.awaitEmpty();
      assertThat(sink.content(id)).hasValue(large);
      assertThat(sink.delivered()).isEqualTo(4);
    }
  }

  @Test
  void i3_aBrokenUploadLeavesNothingAtWhateverStageItBreaks() throws Exception {
    try (QueueCluster cluster =
        new QueueCluster(directory, 1, 1).uploadTimeout(Duration.ofMillis(500))) {
      Queue queue = cluster.startAll().queue("n1");
      submit(queue, body(1), 1);
      await("a claim", () -> queue.zones().getOrDefault(ZONE, Depth.ZERO).claimed() == 1);
      long rowsBefore = rows(queue);
      for (int chunks : new int[] {0, 1, 5}) {
        try (Upload closed = queue.begin()) {
          closed.write(ByteBuffer.wrap(body(chunks * ReplicatedUpload.CHUNK_BYTES + 1)));
        }
        // Never closed, as when a node dies in the middle.
        Upload abandoned = queue.begin();
        abandoned.write(ByteBuffer.wrap(body(chunks * ReplicatedUpload.CHUNK_BYTES + 1)));
        assertThat(queue.zones()).containsExactly(Map.entry(ZONE, new Depth(0, 1, 0, 0)));
      }
      await("collection of all rows", () -> rows(queue) == rowsBefore);
    }
  }

  @Test
  void aMessageWhosePartsWereCollectedBeforeItsEndIsRefusedForTheMomentAlone() throws Exception {
    try (QueueCluster cluster =
        new QueueCluster(directory, 1, 1).uploadTimeout(Duration.ofMillis(500))) {
      Queue queue = cluster.startAll().queue("n1");
      long rowsBefore = rows(queue);
      try (Upload slow = queue.begin()) {
        slow.write(ByteBuffer.wrap(body(5 * ReplicatedUpload.CHUNK_BYTES + 1)));
        await("collection of its chunks", () -> rows(queue) == rowsBefore);
        assertThatThrownBy(() -> slow.commit(Envelope.getDefaultInstance(), recipients(1)))
            .isInstanceOfSatisfying(
                QueueException.class,
                refused -> {
                  assertThat(refused.reason()).isEqualTo(QueueException.Reason.COLLECTED);
                  assertThat(refused.reason().temporary()).isTrue();
                  assertThat(refused.mayBeStored()).isFalse();
                });
      }
    }
  }

  private static long rows(Queue queue) {
    try {
      return queue.verifyState().stream()
          .filter(sum -> sum.group().equals("shard-0"))
          .findFirst()
          .orElseThrow()
          .rows();
    } catch (QueueException e) {
      throw new AssertionError(e);
    }
  }
}
