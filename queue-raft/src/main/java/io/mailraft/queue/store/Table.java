package io.mailraft.queue.store;

/**
 * A column family.
 *
 * @param name its name in the database
 * @param removal how its keys come and go
 * @param blobs whether large values go to blob files
 */
public record Table(String name, Removal removal, boolean blobs) {

  /** How the keys of a table come and go. */
  public enum Removal {
    /**
     * A key is put once, then removed once, and only then may be put again: SingleDelete, so that
     * the pair vanishes when the memtable is flushed.
     */
    ONCE,
    /** A key may be overwritten: Delete. */
    ANY
  }
}
