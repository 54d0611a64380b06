package io.mailraft.node.access;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks every second whether files were changed, and has them read again. A file that cannot be
 * used is said once; what was read before stays in use, and the file is looked at again when it
 * changes again.
 */
public final class FileFollower implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FileFollower.class);
  private static final long LOOK_NANOS = Duration.ofSeconds(1).toNanos();

  private final List<Followed> followed = new CopyOnWriteArrayList<>();
  private volatile boolean closed;

  /** Reads files. */
  @FunctionalInterface
  interface Reload {
    /**
     * Reads them.
     *
     * @throws IOException if what is there cannot be used
     */
    void reload() throws IOException;
  }

  /** Files that are read together, and how they looked when they last were. */
  private static final class Followed {
    private final String what;
    private final List<Path> files;
    private final Reload reload;
    private List<String> seen;

    Followed(String what, List<Path> files, Reload reload) {
      this.what = what;
      this.files = files;
      this.reload = reload;
      this.seen = stamps();
    }

    private List<String> stamps() {
      return files.stream().map(Followed::stamp).toList();
    }

    private static String stamp(Path file) {
      try {
        BasicFileAttributes facts = Files.readAttributes(file, BasicFileAttributes.class);
        return facts.lastModifiedTime() + "/" + facts.size() + "/" + facts.fileKey();
      } catch (IOException e) {
        return "none"; // Not there at the moment is a state too.
      }
    }

    void look() {
      List<String> stamps = stamps();
      if (stamps.equals(seen)) {
        return;
      }
      seen = stamps;
      try {
        reload.reload();
        LOG.info("{} was read again", what);
      } catch (IOException e) {
        LOG.error("{} stays as it was: {}", what, e.getMessage());
      } catch (RuntimeException e) {
        LOG.error("{} stays as it was because of an unexpected error", what, e);
      }
    }
  }

  /** Begins to look. */
  public FileFollower() {
    Thread.ofVirtual().name("file-follower").start(this::follow);
  }

  /**
   * Follows files.
   *
   * @param what they are, for the log
   */
  void add(String what, List<Path> files, Reload reload) {
    followed.add(new Followed(what, files, reload));
  }

  private void follow() {
    while (!closed) {
      LockSupport.parkNanos(LOOK_NANOS);
      followed.forEach(Followed::look);
    }
  }

  @Override
  public void close() {
    closed = true;
  }
}
