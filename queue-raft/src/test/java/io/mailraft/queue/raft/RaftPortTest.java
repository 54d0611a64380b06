package io.mailraft.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mailraft.config.TlsFiles;
import io.mailraft.queue.store.Position;
import io.mailraft.testkit.PeerCertificate;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.ratis.client.RaftClient;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.retry.RetryPolicies;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Who may call the Raft port. */
@Execution(ExecutionMode.CONCURRENT)
@Timeout(90)
class RaftPortTest {
  @TempDir Path directory;

  private TlsFiles tls(String name) throws IOException {
    PeerCertificate made = PeerCertificate.make(directory.resolve(name), List.of("127.0.0.1"));
    return new TlsFiles(made.certificate(), made.key(), made.authority());
  }

  @Test
  void withCertificatesNodesWorkTogetherAndOneWithoutOrWithAForeignOneIsKeptOut() throws Exception {
    TlsFiles ours = tls("ours");
    TlsFiles foreign = tls("foreign");
    Map<String, Optional<TlsFiles>> files = new ConcurrentHashMap<>();
    files.put("n1", Optional.of(ours));
    files.put("n2", Optional.of(ours));
    try (TestCluster cluster =
        new TestCluster(
            directory.resolve("data"),
            "tls",
            TestCluster.freePeers(3),
            1L << 40,
            node -> files.getOrDefault(node, Optional.empty()))) {
      cluster.settled();
      cluster.start("n1");
      cluster.start("n2");

      for (Optional<TlsFiles> wrong : List.of(Optional.<TlsFiles>empty(), Optional.of(foreign))) {
        files.put("n3", wrong);
        cluster.start("n3");
        for (int i = 0; i < 20; i++) {
          cluster.propose(TestCluster.token(i));
        }
        assertThat(cluster.group("n3").applied()).isEqualTo(Position.START);
        assertThat(cluster.group("n3").leader()).isEmpty();
        cluster.stop("n3");
      }

      files.put("n3", Optional.of(ours));
      cluster.start("n3");
      cluster.propose(TestCluster.token(40));
      cluster.settle();
      assertThat(LedgerFold.tokens(cluster.group("n3").view())).hasSize(41);
    }
  }

  @Test
  void entriesAreNotTakenFromClientsOfRatis() throws Exception {
    try (TestCluster cluster = TestCluster.of(directory, 1).startAll()) {
      cluster.leader();
      RaftGroupId id =
          RaftGroupId.valueOf(
              UUID.fromString(
                  SnapshotsTest.groupDirectory(cluster, "n1").getFileName().toString()));
      RaftPeer peer =
          RaftPeer.newBuilder()
              .setId("n1")
              .setAddress(String.valueOf(cluster.peers().get("n1")))
              .build();
      try (RaftClient client =
          RaftClient.newBuilder()
              .setProperties(new RaftProperties())
              .setRaftGroup(RaftGroup.valueOf(id, peer))
              .setRetryPolicy(RetryPolicies.noRetry())
              .build()) {
        assertThatThrownBy(() -> client.io().send(Message.valueOf("anything")))
            .hasMessageContaining("PERMISSION_DENIED");
      }
      assertThat(cluster.fold("n1").count()).isZero();
      cluster.propose(TestCluster.token(1));
    }
  }
}
