package io.mailraft.queue.store;

/**
 * The writes of one log entry, applied together or not at all. {@link #get} sees the batch's own
 * writes; scans see only what stood before the batch. Used by one thread.
 */
public interface Batch extends View {

  /** Puts a row. The arrays must not be changed afterwards. */
  void put(Table table, byte[] key, byte[] value);

  /** Removes a row, as the table's {@link Table.Removal} says. */
  void delete(Table table, byte[] key);
}
