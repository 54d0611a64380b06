package io.mailraft.node.http.exchange;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Semaphore;

/** Places of requests that are served at a time: so many in all, and fewer for one client. */
final class Places {
  private final Semaphore all;
  private final int ofClientMax;

  /** How many each client has; one that has none is not here. */
  private final ConcurrentMap<String, Integer> taken = new ConcurrentHashMap<>();

  /** Whether there was a place. */
  enum Taking {
    /** There was; it must be released. */
    TAKEN,
    /** All are taken. */
    ALL_TAKEN,
    /** The client has as many as one may have. */
    ENOUGH_FOR_ONE
  }

  Places(int max, int ofClientMax) {
    this.all = new Semaphore(max);
    this.ofClientMax = ofClientMax;
  }

  int ofClientMax() {
    return ofClientMax;
  }

  /** Takes a place for a client. */
  Taking take(String client) {
    if (!all.tryAcquire()) {
      return Taking.ALL_TAKEN;
    }
    if (taken.merge(client, 1, Integer::sum) > ofClientMax) {
      release(client);
      return Taking.ENOUGH_FOR_ONE;
    }
    return Taking.TAKEN;
  }

  /** Gives back one place of a client. */
  void release(String client) {
    taken.computeIfPresent(client, (_, places) -> places == 1 ? null : places - 1);
    all.release();
  }
}
