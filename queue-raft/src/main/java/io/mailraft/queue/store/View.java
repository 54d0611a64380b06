package io.mailraft.queue.store;

import java.util.Optional;

/** A readable state of a database. */
public interface View {

  /**
   * The value of a key.
   *
   * @throws StoreException if the database cannot be read
   */
  Optional<byte[]> get(Table table, byte[] key);

  /**
   * Visits rows in ascending order of their keys, compared as unsigned bytes.
   *
   * @param from first key, inclusive
   * @param to last key, exclusive
   * @throws StoreException if the database cannot be read
   */
  void scan(Table table, byte[] from, byte[] to, Visitor visitor);

  /**
   * Visits rows in descending order of their keys.
   *
   * @param from least key, inclusive
   * @param to key behind the one to begin with, exclusive
   * @throws StoreException if the database cannot be read
   */
  void scanDown(Table table, byte[] from, byte[] to, Visitor visitor);

  /** Sees one row after the other. */
  @FunctionalInterface
  interface Visitor {
    /** Sees a row; false ends the scan. */
    boolean visit(byte[] key, byte[] value);
  }
}
