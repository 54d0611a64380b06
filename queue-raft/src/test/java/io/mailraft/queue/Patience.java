package io.mailraft.queue;

import java.time.Duration;

/** How long tests of this module wait for what must happen. */
public final class Patience {
  /**
   * Longest wait for anything a cluster in this process does: an election, a start, an entry, an
   * end. Each takes a second or two; on a machine of two cores that other builds share, thirty were
   * seen to be too few. It costs nothing where all is well, and a test that hangs still ends within
   * its own time limit.
   */
  public static final Duration MAX = Duration.ofSeconds(60);

  private Patience() {}
}
