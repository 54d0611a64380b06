package io.mailraft.queue.store;

import java.nio.file.Path;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/** What RocksDB complains of, in our words. */
final class RocksTrouble {
  private RocksTrouble() {}

  /** RocksDB's word for it; a file that is missing is damage as well. */
  static StoreException of(Path directory, String what, RocksDBException e) {
    Status status = e.getStatus();
    boolean damage =
        status != null
            && (status.getCode() == Status.Code.Corruption
                || status.getCode() == Status.Code.NotFound
                || String.valueOf(e.getMessage()).startsWith("No such file or directory"));
    if (damage) {
      return new DamagedException(directory, "it " + what + ": " + e.getMessage(), e);
    }
    return new StoreException(
        "the database " + directory + " " + what + ": " + e.getMessage() + "; check the disk", e);
  }
}
