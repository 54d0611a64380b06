package io.mailraft.node.spool;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

/** The directory of spooled requests, and the memory that they may use together. */
public final class Spool {
  /** What memory is handed out in, in bytes. */
  static final int PIECE_BYTES = 8 << 10;

  private final Path directory;
  private final FileStore store;
  private final long minFreeBytes;
  private final Semaphore pieces;
  private final AtomicLong names = new AtomicLong();

  /**
   * Opens the directory, and removes what an earlier process may have left in it.
   *
   * @param dataDirectory where {@code tmp} is, or is made
   * @param minFreeBytes free space that spooling leaves alone, in bytes
   * @param memoryBytes memory for all spool files together, in bytes
   * @throws IOException if the directory cannot be used; the message names it
   */
  public Spool(Path dataDirectory, long minFreeBytes, long memoryBytes) throws IOException {
    this.directory = Files.createDirectories(dataDirectory.resolve("tmp"));
    this.store = Files.getFileStore(directory);
    this.minFreeBytes = minFreeBytes;
    this.pieces = new Semaphore((int) Math.min(Integer.MAX_VALUE, memoryBytes / PIECE_BYTES));
    try (DirectoryStream<Path> left = Files.newDirectoryStream(directory)) {
      for (Path file : left) {
        Files.delete(file);
      }
    }
  }

  /** A spool file with nothing in it, which has neither memory nor a file yet. */
  public SpoolFile begin() {
    return new SpoolFile(this);
  }

  /** Takes memory, if it is there at once. */
  boolean takeMemory(int bytes) {
    return pieces.tryAcquire(bytes / PIECE_BYTES);
  }

  void giveBackMemory(int bytes) {
    pieces.release(bytes / PIECE_BYTES);
  }

  /** Pieces of memory that nobody holds. */
  int freePieces() {
    return pieces.availablePermits();
  }

  /** A file without a name: the system removes it when it is closed, or when the process dies. */
  FileChannel openFile() throws IOException {
    checkRoom();
    return FileChannel.open(
        directory.resolve("request-" + names.incrementAndGet()),
        Set.of(
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.DELETE_ON_CLOSE));
  }

  /**
   * Looks at the free space.
   *
   * @throws SpoolFullException if there is less than is to be left alone
   */
  void checkRoom() throws IOException {
    long free = store.getUsableSpace();
    if (free < minFreeBytes) {
      throw new SpoolFullException(
          directory + " has " + free + " bytes free, " + minFreeBytes + " are to be left alone");
    }
  }
}
