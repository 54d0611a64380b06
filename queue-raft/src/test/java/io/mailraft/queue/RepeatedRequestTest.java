package io.mailraft.queue;

import static io.mailraft.queue.QueueCluster.await;
import static io.mailraft.queue.QueueCluster.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mailraft.queue.QueueException.Reason;
import io.mailraft.queue.Sink.Manner;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Requests that are repeated with their idempotency key, on one node after the other. */
@Execution(ExecutionMode.CONCURRENT)
class RepeatedRequestTest {
  private static final int LARGE = 2 * ReplicatedUpload.CHUNK_BYTES + 7;

  @TempDir private Path directory;

  private static RequestKey key(String name, int request) {
    byte[] fingerprint = new byte[RequestKey.BYTES];
    fingerprint[0] = (byte) request;
    return RequestKey.of("account", name, fingerprint);
  }

  private static MessageId submit(Queue queue, RequestKey key, int bytes) throws QueueException {
    try (Upload upload = queue.begin(key)) {
      upload.write(ByteBuffer.wrap(body(bytes)));
      return upload.commit(QueueCluster.envelope(), QueueCluster.recipients(1));
    }
  }

  @Test
  void aRepeatOnAnyNodeHasTheFirstAnswerAndAnotherRequestIsRefused() throws Exception {
    try (QueueCluster cluster = new QueueCluster(directory, 3, 3)) {
      cluster.startAll();
      cluster.running().forEach(node -> cluster.sink(node).manner(Manner.DELIVER));
      Map<String, MessageId> first = new HashMap<>();
      for (String node : cluster.running()) {
        for (int i = 0; i < 6; i++) {
          String name = "key " + i;
          MessageId id = submit(cluster.queue(node), key(name, 0), i == 0 ? LARGE : i);
          assertThat(id).isEqualTo(first.computeIfAbsent(name, _ -> id));
        }
        for (int bytes : new int[] {1, LARGE}) {
          assertThatThrownBy(() -> submit(cluster.queue(node), key("key 1", 1), bytes))
              .isInstanceOfSatisfying(
                  QueueException.class, e -> assertThat(e.reason()).isEqualTo(Reason.KEY_USED));
        }
      }
      cluster.awaitEmpty();
      assertThat(first.values()).doesNotHaveDuplicates();
      first.values().forEach(id -> assertThat(cluster.deliveredTimes(id, 1)).isOne());
      assertThat(cluster.delivered()).isEqualTo(first.size());
    }
  }

  private static Optional<MessageId> first(Queue queue, RequestKey key) throws QueueException {
    try (Upload upload = queue.begin(key)) {
      upload.write(ByteBuffer.wrap(body(LARGE)));
      return upload.first();
    }
  }

  @Test
  void anyNodeKnowsAtOnceWhatWasStoredUnderAKeyAndAskingStoresNothing() throws Exception {
    try (QueueCluster cluster = new QueueCluster(directory, 3, 2)) {
      cluster.startAll();
      for (String asked : cluster.running()) {
        Queue queue = cluster.queue(asked);
        RequestKey unused = key("unused", 0);
        assertThat(first(queue, unused)).isEmpty();
        for (String storing : cluster.running()) {
          RequestKey key = key(storing + " then " + asked, 0);
          MessageId id = submit(cluster.queue(storing), key, 10);
          assertThat(first(queue, key)).hasValue(id);
          assertThatThrownBy(() -> first(queue, key(storing + " then " + asked, 1)))
              .isInstanceOfSatisfying(
                  QueueException.class, e -> assertThat(e.reason()).isEqualTo(Reason.KEY_USED));
        }
        try (Upload upload = queue.begin()) {
          assertThat(upload.first()).isEmpty();
        }
      }
      cluster.running().forEach(node -> cluster.sink(node).manner(Manner.DELIVER));
      cluster.awaitEmpty();
      assertThat(cluster.delivered()).isEqualTo(9);
    }
  }

  @Test
  void aRepeatIsKnownAfterShardsWereAddedAndNoneCanBeTakenAway() throws Exception {
    try (QueueCluster cluster = new QueueCluster(directory, 1, 1)) {
      Queue queue = cluster.startAll().queue("n1");
      Map<RequestKey, MessageId> first = new HashMap<>();
      for (int i = 0; i < 8; i++) {
        first.put(key("key " + i, 0), submit(queue, key("key " + i, 0), 10));
      }
      cluster.stop("n1");
      Queue grown = cluster.shards(3).startAll().queue("n1");
      for (Map.Entry<RequestKey, MessageId> one : first.entrySet()) {
        assertThat(grown.known(one.getKey())).hasValue(one.getValue());
      }
      assertThatThrownBy(() -> grown.known(key("key 1", 1)))
          .isInstanceOfSatisfying(
              QueueException.class, e -> assertThat(e.reason()).isEqualTo(Reason.KEY_USED));
      Set<Integer> shards = new HashSet<>();
      for (int i = 0; i < 16; i++) {
        RequestKey key = key("later " + i, 0);
        assertThat(grown.known(key)).isEmpty();
        MessageId id = submit(grown, key, 10);
        assertThat(grown.known(key)).hasValue(id);
        shards.add(id.shard());
      }
      assertThat(shards).containsExactlyInAnyOrder(0, 1, 2);
      cluster.stop("n1");
      assertThatThrownBy(() -> cluster.shards(2).start("n1"))
          .hasMessageContaining("holds the group shard-2")
          .hasMessageContaining("can grow, but not shrink");
    }
  }

  @Test
  void repeatsAtTheSameTimeAreOneMessage() throws Exception {
    try (QueueCluster cluster = new QueueCluster(directory, 3, 1);
        ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      cluster.startAll();
      List<Future<MessageId>> answers = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        Queue queue = cluster.queue(cluster.running().get(i % 3));
        int bytes = i % 2 == 0 ? LARGE : 10;
        answers.add(clients.submit(() -> submit(queue, key("one", 0), bytes)));
      }
      Set<MessageId> ids = new HashSet<>();
      for (Future<MessageId> answer : answers) {
        ids.add(answer.get(60, TimeUnit.SECONDS));
      }
      assertThat(ids).hasSize(1);
      cluster.running().forEach(node -> cluster.sink(node).manner(Manner.DELIVER));
      cluster.awaitEmpty();
      assertThat(cluster.delivered()).isOne();
    }
  }

  @Test
  void repeatsAcrossTheLossOfALeaderAreOneMessage() throws Exception {
    try (QueueCluster cluster = new QueueCluster(directory, 3, 1);
        ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      cluster.startAll();
      String leader = cluster.leader("shard-0");
      List<String> rest = cluster.running().stream().filter(node -> !node.equals(leader)).toList();
      Queue lost = cluster.queue(leader);
      AtomicInteger done = new AtomicInteger();
      List<Future<MessageId>> answers = new ArrayList<>();
      for (int client = 0; client < 8; client++) {
        int number = client;
        answers.add(
            clients.submit(
                () -> {
                  MessageId last = new MessageId(0, 0);
                  for (int i = 0; i < 15; i++) {
                    RequestKey key = key(number + " " + i, 0);
                    Set<MessageId> heard = new HashSet<>();
                    try {
                      heard.add(submit(lost, key, 100 + i));
                    } catch (QueueException e) {
                      assertThat(e.reason()).isIn(Reason.STOPPING, Reason.NO_MAJORITY);
                    }
                    done.incrementAndGet();
                    for (String node : rest) {
                      heard.add(submit(cluster.queue(node), key, 100 + i));
                    }
                    assertThat(heard).hasSize(1);
                    last = heard.iterator().next();
                  }
                  return last;
                }));
      }
      await("some requests", () -> done.get() > 30);
      cluster.stop(leader);
      for (Future<MessageId> answer : answers) {
        answer.get(60, TimeUnit.SECONDS);
      }
      rest.forEach(node -> cluster.sink(node).manner(Manner.DELIVER));
      cluster.awaitEmpty();
      assertThat(cluster.delivered()).isEqualTo(8 * 15);
    }
  }
}
