package io.mailraft.queue.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.rocksdb.NativeLibraryLoader;

/**
 * RocksDB's native library, out of its jar.
 *
 * <p>By itself RocksDB unpacks its 15 MB into the directory for temporary files at each start, and
 * leaves their removal to the JVM's orderly end, which a node that is killed does not have, nor one
 * that ends by halt. Here they are removed as soon as they are loaded: the process goes on using
 * what it has mapped.
 */
final class RocksLibrary {
  private static boolean loaded;

  private RocksLibrary() {}

  /**
   * Loads it, where that was not done yet. To be called before any other class of RocksDB is used.
   *
   * @throws StoreException if it cannot be unpacked or loaded
   */
  static synchronized void load() {
    if (loaded) {
      return;
    }
    try {
      Path directory = Files.createTempDirectory("mailraft-rocksdb-");
      try {
        NativeLibraryLoader.getInstance().loadLibrary(directory.toString());
      } finally {
        List<Path> unpacked;
        try (Stream<Path> files = Files.list(directory)) {
          unpacked = files.toList();
        }
        for (Path file : unpacked) {
          Files.delete(file);
        }
        Files.delete(directory);
      }
      loaded = true;
    } catch (IOException e) {
      throw new StoreException(
          "the library of the database cannot be unpacked into "
              + System.getProperty("java.io.tmpdir")
              + ": "
              + e.getMessage(),
          e);
    }
  }
}
