package io.mailraft.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mailraft.api.log.NodeAddresses;
import io.mailraft.api.log.OrderDeliveries;
import io.mailraft.api.log.OrderKind;
import io.mailraft.api.log.Record;
import io.mailraft.api.log.ResumeZone;
import io.mailraft.api.log.SetDocument;
import io.mailraft.api.log.StoreMessage;
import io.mailraft.api.log.SuspendZone;
import io.mailraft.queue.control.NodeEntry;
import io.mailraft.queue.link.OlderNodeException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What may enter a log while nodes of an older version are in the cluster. */
class KnownRecordsTest {
  private static final Record ORDER =
      Record.newBuilder().setOrder(OrderDeliveries.newBuilder().setKind(OrderKind.HOLD)).build();
  private static final Record SUSPEND =
      Record.newBuilder().setSuspendZone(SuspendZone.getDefaultInstance()).build();
  private static final Record RESUME =
      Record.newBuilder().setResumeZone(ResumeZone.getDefaultInstance()).build();
  private static final Record MOVE =
      Record.newBuilder().setSetDocument(SetDocument.newBuilder().putReroutes("a", "b")).build();
  private static final Record DOCUMENT =
      Record.newBuilder().setSetDocument(SetDocument.getDefaultInstance()).build();
  private static final Record MAIL =
      Record.newBuilder().setStoreMessage(StoreMessage.getDefaultInstance()).build();

  private final Map<String, NodeEntry> nodes = new HashMap<>();
  private final KnownRecords known = new KnownRecords(nodes::values);

  private void join(String name, long epoch, NodeAddresses addresses) {
    nodes.put(name, new NodeEntry(nodes.size(), name, 1, epoch, addresses));
  }

  private static NodeAddresses version(String version) {
    return NodeAddresses.newBuilder().setVersion(version).build();
  }

  @Test
  void a_node_says_every_kind_that_its_build_has() {
    assertThat(KnownRecords.told(version("2")).getRecordKindsList())
        .hasSize(Record.getDescriptor().getOneofs().getFirst().getFieldCount())
        .contains(Record.ORDER_FIELD_NUMBER, Record.SUSPEND_ZONE_FIELD_NUMBER)
        .doesNotContain(0);
    assertThat(KnownRecords.told(version("2")).getVersion()).isEqualTo("2");
  }

  @Test
  void everything_is_taken_once_all_nodes_know_it() {
    join("n1", 5, KnownRecords.told(version("2")));
    join("n2", 6, KnownRecords.told(version("2")));
    for (Record record : List.of(ORDER, SUSPEND, RESUME, MOVE, DOCUMENT, MAIL)) {
      assertThatCode(() -> known.check(record)).doesNotThrowAnyException();
    }
  }

  @Test
  void orders_wait_for_every_node_that_ever_joined_and_mail_for_none() {
    join("n1", 5, KnownRecords.told(version("2")));
    join("n2", 6, version("1"));
    join("n3", 0, NodeAddresses.getDefaultInstance());
    Map<Record, String> refused =
        Map.of(
            ORDER, "orders for deliveries",
            SUSPEND, "suspended zones",
            RESUME, "suspended zones",
            MOVE, "mail that goes to another zone");
    refused.forEach(
        (record, words) ->
            assertThatThrownBy(() -> known.check(record))
                .isInstanceOf(OlderNodeException.class)
                .hasMessage(
                    "not before all nodes know "
                        + words
                        + ": upgrade n2 (version 1), n3 (version unknown) first"));
    for (Record record : List.of(DOCUMENT, MAIL)) {
      assertThatCode(() -> known.check(record)).doesNotThrowAnyException();
    }
    // Each kind for itself: a node may know one of them and not the other.
    join(
        "n2", 6, version("1").toBuilder().addRecordKinds(Record.SUSPEND_ZONE_FIELD_NUMBER).build());
    nodes.remove("n3");
    assertThatCode(() -> known.check(SUSPEND)).doesNotThrowAnyException();
    assertThatThrownBy(() -> known.check(RESUME)).hasMessageContaining("upgrade n2 (version 1)");
  }

  @Test
  void the_leader_refuses_and_whoever_ordered_hears_which_node_is_older(@TempDir Path directory)
      throws Exception {
    join("n1", 5, KnownRecords.told(version("2")));
    join("n2", 6, version("1"));
    OwnDesk desk =
        new OwnDesk(
            Arrays.asList(new FakeGroup(), new FakeGroup()),
            List.of(),
            List.of(),
            new DiskGuard(directory, 0),
            known,
            record -> {},
            asks -> {},
            asks -> {},
            question -> new CompletableFuture<>());
    try (ScheduledExecutorService timer = Executors.newScheduledThreadPool(1)) {
      GroupClient client = new GroupClient(1, new FakeGroup(), desk, Map.of("n2", desk), timer);
      assertThatThrownBy(() -> client.decide(ORDER, Patience.MAX))
          .isInstanceOfSatisfying(
              QueueException.class,
              e -> {
                assertThat(e.reason()).isEqualTo(QueueException.Reason.OLDER_NODE);
                assertThat(e.mayBeStored()).isFalse();
                assertThat(e).hasMessageContaining("upgrade n2 (version 1) first");
              });
      client.close();
      timer.shutdownNow();
    }
  }
}
