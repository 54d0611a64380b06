package io.mailraft.queue.store;

/**
 * A column family.
 *
 * @param name its name in the database
 * @param removal how its keys come and go
 * @param blobs whether large values go to blob files
 * @param queue whether its rows are removed where scans of it begin. Its files are compacted as
 *     soon as many of their rows are removals, so that no scan steps over them. Where removals are
 *     spread over the whole table that would rewrite all of it again and again.
 */
public record Table(String name, Removal removal, boolean blobs, boolean queue) {

  /** A table that is no queue. */
  public Table(String name, Removal removal, boolean blobs) {
    this(name, removal, blobs, false);
  }

  /** A table whose rows come once and are taken from the front. */
  public static Table queue(String name) {
    return new Table(name, Removal.ONCE, false, true);
  }

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
