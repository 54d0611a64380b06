package io.mailraft.queue;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the free space under the data directory, so that mail is refused before anything can
 * break (DESIGN §6).
 */
final class DiskGuard {
  private static final Logger log = LoggerFactory.getLogger(DiskGuard.class);

  /** Short enough that a disk cannot lose the default reserve in between. */
  private static final long FRESH_NANOS = 50_000_000;

  private final FileStore store;
  private final Path directory;
  private final long minFreeBytes;
  private long lookedNanos;
  private boolean full;

  /**
   * @throws IOException if the directory cannot be looked at
   */
  DiskGuard(Path directory, long minFreeBytes) throws IOException {
    this.directory = directory;
    this.store = Files.getFileStore(directory);
    this.minFreeBytes = minFreeBytes;
    look();
  }

  private void look() {
    lookedNanos = System.nanoTime();
    try {
      boolean now = store.getUsableSpace() < minFreeBytes;
      if (now != full) {
        log.warn(
            "{} has {} bytes free, {} are asked for: mail is {}",
            directory,
            store.getUsableSpace(),
            minFreeBytes,
            now ? "refused" : "accepted again");
      }
      full = now;
    } catch (IOException e) {
      log.error("cannot look at the free space of {}", directory, e);
      full = true;
    }
  }

  /** Whether less is free than is asked for, as it was {@link #FRESH_NANOS} ago at most. */
  synchronized boolean full() {
    if (System.nanoTime() - lookedNanos > FRESH_NANOS) {
      look();
    }
    return full;
  }
}
