package io.mailraft.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is left of transfers of snapshots. */
class ReceivedTest {
  private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

  @TempDir private Path directory;

  /** A transfer that wrote a file when it began and another one at its last write. */
  private Path transfer(String name, Instant begun, Instant last) throws IOException {
    Path transfer = directory.resolve(name);
    Files.createDirectories(transfer.resolve("1_7"));
    write(transfer.resolve("1_7/000001.sst"), begun);
    write(transfer.resolve("1_7/000002.sst"), last);
    Files.setLastModifiedTime(transfer.resolve("1_7"), FileTime.from(begun));
    Files.setLastModifiedTime(transfer, FileTime.from(begun));
    return transfer;
  }

  private static void write(Path file, Instant at) throws IOException {
    Files.setLastModifiedTime(Files.createFile(file), FileTime.from(at));
  }

  @Test
  void a_transfer_that_stands_still_while_a_later_one_goes_on_is_removed() throws IOException {
    Path first = transfer("snapshot-a", BEGIN, BEGIN.plusSeconds(600));
    Path second = transfer("snapshot-b", BEGIN.plusSeconds(700), BEGIN.plusSeconds(900));
    Path third = transfer("snapshot-c", BEGIN.plusSeconds(950), BEGIN.plusSeconds(960));
    Received.dropBrokenOff(directory);
    assertThat(first).doesNotExist();
    assertThat(second).doesNotExist();
    assertThat(third.resolve("1_7/000001.sst")).exists();
  }

  @Test
  void what_is_being_received_stays_however_slowly_it_comes() throws IOException {
    Path only = transfer("snapshot-a", BEGIN, BEGIN.plusSeconds(1));
    Received.dropBrokenOff(directory);
    assertThat(only).exists();
    Path next =
        transfer("snapshot-b", BEGIN.plusSeconds(2), BEGIN.plus(Received.STILL).plusMillis(999));
    Received.dropBrokenOff(directory);
    assertThat(only).as("not for a full minute").exists();
    assertThat(next).exists();
  }

  @Test
  void nothing_is_done_before_anything_was_received() throws IOException {
    Received.dropBrokenOff(directory.resolve("tmp"));
    assertThat(directory.resolve("tmp")).doesNotExist();
  }
}
