package io.mailraft.queue.raft;

/** What became of a proposed record once it was applied. */
public sealed interface Answer {

  /** Log index of the entry. */
  long index();

  /** It took effect, now or when the same record was applied before. */
  record Accepted(long index, long value) implements Answer {}

  /** It was applied and had no effect, and never will. */
  record Refused(long index, String detail) implements Answer {}
}
