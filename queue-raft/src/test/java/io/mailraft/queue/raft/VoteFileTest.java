package io.mailraft.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mailraft.queue.store.DamagedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.storage.RaftStorageMetadata;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The term and the vote on disk. */
@Execution(ExecutionMode.CONCURRENT)
@Timeout(60)
class VoteFileTest {
  private static final RaftStorageMetadata VOTE =
      RaftStorageMetadata.valueOf(1_234, RaftPeerId.valueOf("n2"));

  @TempDir Path directory;

  private VoteFile file(List<Throwable> failures) throws IOException {
    Files.createDirectories(path().getParent());
    return VoteFile.open(path(), failures::add);
  }

  private Path path() {
    return directory.resolve("group").resolve("current").resolve(VoteFile.NAME);
  }

  @Test
  void aVoteIsReadAsItWasWritten() throws Exception {
    VoteFile votes = file(new ArrayList<>());
    assertThat(votes.getMetadata()).isEqualTo(RaftStorageMetadata.getDefault());
    votes.persist(VOTE);
    assertThat(VoteFile.read(path())).isEqualTo(VOTE);
    assertThat(file(new ArrayList<>()).getMetadata()).isEqualTo(VOTE);
  }

  @Test
  void everyFlippedBitAndEveryCutIsFound() throws Exception {
    file(new ArrayList<>()).persist(VOTE);
    byte[] good = Files.readAllBytes(path());
    for (int bit = 0; bit < good.length * 8; bit++) {
      byte[] bad = good.clone();
      bad[bit / 8] ^= (byte) (1 << bit % 8);
      Files.write(path(), bad);
      assertThatThrownBy(() -> VoteFile.read(path()))
          .as("bit %s", bit)
          .isInstanceOf(DamagedException.class);
    }
    for (int length = 0; length < good.length; length++) {
      Files.write(path(), Arrays.copyOf(good, length));
      assertThatThrownBy(() -> VoteFile.read(path()))
          .as("cut to %s bytes", length)
          .isInstanceOf(DamagedException.class)
          .hasMessageContaining(path().toString())
          .hasMessageContaining("node rejoin");
    }
  }

  @Test
  void theFileOfAnotherGroupIsRefused() throws Exception {
    file(new ArrayList<>()).persist(VOTE);
    Path other = directory.resolve("other").resolve("current").resolve(VoteFile.NAME);
    Files.createDirectories(other.getParent());
    Files.copy(path(), other);
    assertThatThrownBy(() -> VoteFile.read(other)).isInstanceOf(DamagedException.class);
  }

  @Test
  void whatRatisWroteItselfIsReadOnce() throws Exception {
    Files.createDirectories(path().getParent());
    Files.writeString(path(), "#\n#Mon Jan 01 00:00:00 UTC 2024\nterm=7\nvotedFor=n3\n");
    assertThat(VoteFile.read(path()))
        .isEqualTo(RaftStorageMetadata.valueOf(7, RaftPeerId.valueOf("n3")));
  }

  @Test
  void afterAFailureNothingIsPersistedAnyMore() throws Exception {
    List<Throwable> failures = new ArrayList<>();
    VoteFile votes = file(failures);
    // A directory in the place of the file beside it, which cannot be replaced.
    Path beside = path().resolveSibling(VoteFile.NAME + ".tmp");
    Files.createDirectories(beside.resolve("in the way"));
    assertThatThrownBy(() -> votes.persist(VOTE)).hasMessageContaining(VoteFile.NAME);
    assertThat(failures).hasSize(1);
    Durable.remove(beside);
    assertThatThrownBy(() -> votes.persist(VOTE)).hasMessageContaining("before");
    assertThat(votes.getMetadata()).isEqualTo(RaftStorageMetadata.getDefault());
  }

  @Test
  void aRunningReplicaKeepsItsVoteHere() throws Exception {
    try (TestCluster cluster = TestCluster.of(directory, 3).startAll()) {
      cluster.propose(TestCluster.token(1));
      cluster.settle();
      for (String node : cluster.running()) {
        Path meta =
            SnapshotsTest.groupDirectory(cluster, node).resolve("current").resolve(VoteFile.NAME);
        assertThat(meta).content().startsWith("crc32c=");
        assertThat(VoteFile.read(meta).getTerm()).isEqualTo(cluster.group(node).term());
      }
      String damaged = cluster.follower();
      cluster.stop(damaged);
      Path meta =
          SnapshotsTest.groupDirectory(cluster, damaged).resolve("current").resolve(VoteFile.NAME);
      Files.writeString(meta, Files.readString(meta).replaceFirst("term=", "term=1"));
      assertThatThrownBy(() -> cluster.start(damaged))
          .hasMessageContaining(meta.toString())
          .hasMessageContaining("node rejoin");
      cluster.propose(TestCluster.token(2));
    }
  }
}
