package io.mailraft.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.config.HostPort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** How a node calls others that do not answer, until they are back. */
@Execution(ExecutionMode.CONCURRENT)
@Timeout(180)
class PeerChannelsTest {
  /**
   * More calls than gRPC makes by itself while a test waits: after the first it waits for a second,
   * then each time 1.6 times as long, so that the eleventh comes after three minutes.
   */
  private static final int CALLS = 15;

  @TempDir Path directory;

  @Test
  void aCandidateCallsTheOthersAgainAndAgainWithoutEverLongerWaits() throws Exception {
    try (TestCluster cluster = TestCluster.of(directory, 3).startAll()) {
      TestCluster.await(
          "n1 known to the others, so that it no longer introduces itself",
          () -> knows(cluster, "n2", "n1") && knows(cluster, "n3", "n1"));
      cluster.stop("n2");
      cluster.stop("n3");
      callsAreMade(cluster);
      assertThat(cluster.group("n1").leading()).isFalse();
    }
  }

  @Test
  void aNewNodeIntroducesItselfAgainAndAgainWithoutEverLongerWaits() throws Exception {
    try (TestCluster cluster = TestCluster.of(directory, 3)) {
      cluster.start("n1");
      callsAreMade(cluster);
    }
  }

  @Test
  void i1_nodesThatWereCutOffFromEachOtherForLongFindALeaderOverNewConnections() throws Exception {
    Map<String, HostPort> peers = TestCluster.freePeers(3);
    try (SilentLinks links = new SilentLinks(peers);
        TestCluster cluster =
            new TestCluster(directory, "silent", peers, 1L << 40, _ -> Optional.empty())
                .by(links)
                .startAll()) {
      cluster.propose(TestCluster.token(1));
      cluster.settle();
      links.cut();
      TestCluster.await(
          "node that still leads",
          () -> cluster.running().stream().noneMatch(node -> cluster.group(node).leading()));
      links.mend();
      cluster.propose(TestCluster.token(2));
      cluster.settle();
    }
  }

  private static boolean knows(TestCluster cluster, String node, String other) {
    try {
      return Membership.open(cluster.data(node)).peers().containsKey(other);
    } catch (IOException e) {
      return false; // It is being replaced.
    }
  }

  private static void callsAreMade(TestCluster cluster) throws IOException {
    try (Deaf n2 = new Deaf(cluster.settings("n2").address());
        Deaf n3 = new Deaf(cluster.settings("n3").address())) {
      TestCluster.await(CALLS + " calls", () -> n2.calls.get() >= CALLS && n3.calls.get() >= CALLS);
    }
  }

  /** Hangs up on whoever calls, and counts. */
  private static final class Deaf implements AutoCloseable {
    final AtomicInteger calls = new AtomicInteger();
    private final ServerSocket listener;

    Deaf(HostPort address) throws IOException {
      listener = new ServerSocket(address.port(), 50, InetAddress.getByName(address.host()));
      Thread.ofVirtual().start(this::hangUp);
    }

    private void hangUp() {
      while (!listener.isClosed()) {
        try (Socket _ = listener.accept()) {
          calls.incrementAndGet();
        } catch (IOException e) {
          return; // The test is over.
        }
      }
    }

    @Override
    public void close() throws IOException {
      listener.close();
    }
  }
}
