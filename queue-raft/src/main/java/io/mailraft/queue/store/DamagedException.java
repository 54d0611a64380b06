package io.mailraft.queue.store;

import java.nio.file.Path;

/**
 * Something on this node's disk is not as it was written. The node must not go on with it, and its
 * message says which file it is and what to do.
 */
public final class DamagedException extends StoreException {
  private static final long serialVersionUID = 1L;

  /** What an operator does about it. */
  private static final String REMEDY =
      "; nothing of it was used. Check the disk, then have this node fetch everything anew from"
          + " the others: \"mailraft node rejoin\"";

  /**
   * @param what the file or directory
   * @param how what is wrong with it
   */
  public DamagedException(Path what, String how) {
    this(what.toString(), how);
  }

  /** The same for what is no single file. */
  public DamagedException(String what, String how) {
    super(what + " is damaged: " + how + REMEDY);
  }

  public DamagedException(Path what, String how, Throwable cause) {
    super(what + " is damaged: " + how + REMEDY, cause);
  }
}
