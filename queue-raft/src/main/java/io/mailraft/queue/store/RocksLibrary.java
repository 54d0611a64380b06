package io.mailraft.queue.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.rocksdb.NativeLibraryLoader;
import org.rocksdb.RocksDB;

/**
 * RocksDB's native code. Its own loader copies 15 MB out of the jar into the temporary directory,
 * and takes them away in an orderly exit alone: a node that is killed again and again would fill
 * the disk. Here the copy has no name any more once it is loaded, and goes with the process.
 */
final class RocksLibrary {
  private RocksLibrary() {}

  /**
   * Loads it, unless it is loaded; to be called before the first use of any of RocksDB's classes.
   *
   * @throws StoreException if the temporary directory ({@code java.io.tmpdir}) cannot be written,
   *     or nothing may be executed there
   */
  static synchronized void load() {
    try {
      Path directory = Files.createTempDirectory("mailraft-rocksdb-");
      try {
        NativeLibraryLoader.getInstance().loadLibrary(directory.toString());
        RocksDB.loadLibrary();
      } finally {
        try (Stream<Path> copies = Files.list(directory)) {
          for (Path copy : copies.toList()) {
            Files.delete(copy);
          }
        }
        Files.delete(directory);
      }
    } catch (IOException | RuntimeException | UnsatisfiedLinkError e) {
      throw new StoreException(
          "RocksDB's native code cannot be loaded from a copy in "
              + System.getProperty("java.io.tmpdir")
              + ": check its free space, who may write there, and that it is not mounted noexec, or"
              + " set another directory with -Djava.io.tmpdir=DIR: "
              + e,
          e);
    }
  }
}
