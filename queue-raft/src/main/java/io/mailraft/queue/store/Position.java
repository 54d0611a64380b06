package io.mailraft.queue.store;

/**
 * A place in a group's log.
 *
 * @param term Raft term of the entry
 * @param index Raft index of the entry; -1 before the first
 * @param stampMillis the group's time there: the greatest leader's stamp so far, Unix milliseconds
 */
public record Position(long term, long index, long stampMillis) {
  /** Before the first entry. */
  public static final Position START = new Position(0, -1, 0);
}
