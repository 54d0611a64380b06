package io.mailraft.queue.raft;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The snapshots that a replica is being sent, each in a directory of its own beside the others.
 *
 * <p>A transfer that is broken off begins anew in another directory, and Ratis leaves the first one
 * there. A large state that is broken off a few times would fill the disk.
 */
final class Received {
  private static final Logger LOG = LoggerFactory.getLogger(Received.class);

  /** For how long a transfer has stood still, while a later one went on, when it is over. */
  static final Duration STILL = Duration.ofMinutes(1);

  private Received() {}

  /**
   * Removes what was received of transfers that were broken off.
   *
   * <p>Never what is being received, however slowly: a directory goes only once another one was
   * written to a while after its own last write. Ratis takes one part at a time, under a lock, a
   * snapshot's installation included, and no further part of a transfer once the next has begun.
   * Only the files' own times are compared, so no clock of this process matters.
   */
  static void dropBrokenOff(Path directory) throws IOException {
    List<Path> transfers = Durable.list(directory);
    if (transfers.size() < 2) {
      return;
    }
    Map<Path, Instant> written = new HashMap<>();
    for (Path transfer : transfers) {
      written.put(transfer, written(transfer));
    }
    Instant newest = written.values().stream().max(Instant::compareTo).orElseThrow();
    for (Path transfer : transfers) {
      if (!written.getOrDefault(transfer, newest).plus(STILL).isAfter(newest)) {
        LOG.info("removing {}, a snapshot whose transfer was broken off", transfer);
        Durable.remove(transfer);
      }
    }
  }

  private static Instant written(Path transfer) throws IOException {
    Instant[] last = {Instant.MIN};
    Files.walkFileTree(
        transfer,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path at, BasicFileAttributes attributes) {
            return seen(attributes.lastModifiedTime());
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            return seen(attributes.lastModifiedTime());
          }

          private FileVisitResult seen(FileTime time) {
            if (time.toInstant().isAfter(last[0])) {
              last[0] = time.toInstant();
            }
            return FileVisitResult.CONTINUE;
          }
        });
    return last[0];
  }
}
