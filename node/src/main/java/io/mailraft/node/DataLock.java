package io.mailraft.node;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * The lock on a data directory. While it is held no second process uses the directory, so the
 * claims of a node's earlier process may go back as soon as its next one joins.
 */
final class DataLock implements AutoCloseable {
  private final FileChannel channel;

  private DataLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes the lock.
   *
   * @throws IOException if another process holds it, or the directory cannot be written to
   */
  static DataLock take(Path directory) throws IOException {
    Path file = directory.resolve("lock");
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      Optional<FileLock> lock = Optional.ofNullable(channel.tryLock());
      if (lock.isPresent()) {
        return new DataLock(channel);
      }
    } catch (OverlappingFileLockException e) {
      channel.close();
      throw new IOException(directory + " is in use by this process already", e);
    }
    channel.close();
    throw new IOException(
        directory + " is in use by another mailraft process; stop that one or set node.dataDir");
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException("the data directory cannot be unlocked", e);
    }
  }
}
