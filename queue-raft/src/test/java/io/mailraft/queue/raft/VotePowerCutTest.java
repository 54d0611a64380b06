package io.mailraft.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.storage.RaftStorageMetadata;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A vote, then a power cut: ext4 on a loop device is shut down without a flush of its journal, and
 * mounted again.
 */
@Timeout(180)
class VotePowerCutTest {
  private static final RaftStorageMetadata FIRST =
      RaftStorageMetadata.valueOf(6, RaftPeerId.valueOf("n1"));
  private static final RaftStorageMetadata SECOND =
      RaftStorageMetadata.valueOf(7, RaftPeerId.valueOf("n2"));

  /**
   * FS_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH: nothing that is only in memory is written.
   */
  private static final String CUT =
      "import fcntl, os, struct, sys; "
          + "fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack('I', 2))";

  /** Power cuts of which one must show the hazard. */
  private static final int ATTEMPTS_MAX = 20;

  @TempDir Path directory;
  private int disks;

  @BeforeEach
  void needsRoot() throws Exception {
    assumeTrue(System.getProperty("user.name").equals("root"), "mounting a loop device needs root");
    for (String program : List.of("mkfs.ext4", "python3", "mount")) {
      assumeTrue(
          new ProcessBuilder("/bin/sh", "-c", "command -v " + program).start().waitFor() == 0,
          program + " is not installed");
    }
    assumeTrue(Files.exists(Path.of("/dev/loop-control")), "there are no loop devices");
  }

  /** Something that writes a term and a vote to a file. */
  private interface Votes {
    void persist(RaftStorageMetadata vote) throws Exception;
  }

  private static Votes ofRatis(Path file) {
    return vote -> {
      Method write =
          Class.forName("org.apache.ratis.server.storage.RaftStorageMetadataFileImpl")
              .getDeclaredMethod("atomicWrite", RaftStorageMetadata.class, File.class);
      write.setAccessible(true);
      write.invoke(null, vote, file.toFile());
    };
  }

  private static Votes ours(Path file) throws IOException {
    return VoteFile.open(file, reason -> {})::persist;
  }

  /**
   * One power cut that takes the vote shows that there is the hazard. One that does not shows
   * nothing: any other process may call sync(2) before the cut, which brings the rename to disk of
   * every file system. That this happens each time is out of the question.
   */
  @Test
  void hazard_ratis_own_file_forgets_the_last_vote() throws Exception {
    RaftStorageMetadata left = afterAPowerCut(false);
    for (int attempt = 1; !left.equals(FIRST) && attempt < ATTEMPTS_MAX; attempt++) {
      left = afterAPowerCut(false);
    }
    assertThat(left)
        .as("if this is always the last vote, Ratis has mended it, and VoteFile can go")
        .isEqualTo(FIRST);
  }

  @Test
  void i1_the_last_vote_is_there_after_a_power_cut() throws Exception {
    assertThat(afterAPowerCut(true)).isEqualTo(SECOND);
  }

  private RaftStorageMetadata afterAPowerCut(boolean mended) throws Exception {
    disks++;
    Path image = directory.resolve("disk" + disks + ".img");
    Path disk = Files.createDirectory(directory.resolve("disk" + disks));
    run("truncate", "-s", "64M", image.toString());
    run("mkfs.ext4", "-q", "-F", image.toString());
    // The longest commit interval, so that the journal is not flushed by itself meanwhile.
    run("mount", "-o", "loop,commit=300", image.toString(), disk.toString());
    boolean mounted = true;
    try {
      Path file = disk.resolve("group").resolve("current").resolve(VoteFile.NAME);
      Files.createDirectories(file.getParent());
      Votes votes = mended ? ours(file) : ofRatis(file);
      votes.persist(FIRST);
      run("sync", "--file-system", disk.toString());
      votes.persist(SECOND);
      assertThat(VoteFile.read(file)).isEqualTo(SECOND);
      run("python3", "-c", CUT, disk.toString());
      run("umount", disk.toString());
      mounted = false;
      run("mount", "-o", "loop", image.toString(), disk.toString());
      mounted = true;
      return VoteFile.read(file);
    } finally {
      if (mounted) {
        run("umount", disk.toString());
      }
    }
  }

  private static void run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = String.join("\n", process.inputReader().lines().toList());
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as("%s: %s", List.of(command), said).isZero();
  }
}
