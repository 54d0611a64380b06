package io.mailraft.delivery;

import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * The way to a site from one source: its connections, and the claims that stick to it. Guarded by
 * the zone's lock.
 */
final class Way implements ConnectionLimits.Claimant {
  private final Site site;
  private final Source source;
  private final Standing standing;
  private final Window window = new Window();
  private final Waiting pinned = new Waiting();
  private final ArrayDeque<Berth> idle = new ArrayDeque<>();
  private final Set<Dial> dials = new LinkedHashSet<>();
  private final Set<Slip> slips = new HashSet<>();
  private final long sinceNanos = System.nanoTime();

  /** What binds it, by the present plan. */
  Terms terms = Terms.FREE;

  /** Where it waits for sends; empty where nothing is to be taken. */
  Optional<SendLine.Place> place = Optional.empty();

  /** Connections being opened. */
  int opening;

  /** Connections that can take work or do. */
  int connected;

  /** Until when no further connection is opened while there are others, by the monotonic clock. */
  long holdUntilNanos = sinceNanos;

  /** From when on it keeps a connection for sends to come; empty if it never came too late. */
  Optional<Long> readyNanos = Optional.empty();

  /** Whether a connection was ever opened. */
  boolean opened;

  /** The connection limit that was full when it last wanted a connection. */
  Optional<String> full = Optional.empty();

  long fullNanos;

  Way(Site site, Source source, Standing standing) {
    this.site = site;
    this.source = source;
    this.standing = standing;
  }

  Site site() {
    return site;
  }

  Source source() {
    return source;
  }

  Standing standing() {
    return standing;
  }

  Window window() {
    return window;
  }

  /** Claims that are to go this way alone. */
  Waiting pinned() {
    return pinned;
  }

  ArrayDeque<Berth> idle() {
    return idle;
  }

  /** Attempts at a connection. */
  Set<Dial> dials() {
    return dials;
  }

  /** What its connections are counted under, where there are limits. */
  Set<Slip> slips() {
    return slips;
  }

  long sinceNanos() {
    return sinceNanos;
  }

  int connections() {
    return opening + connected;
  }

  /** Whether claims may be sent this way at all, now or once there is room. */
  boolean usable(long nowNanos) {
    return !source.retired && !terms.shareless() && standing.off(nowNanos).isEmpty();
  }

  /** Whether sends may be had, as far as is known. */
  boolean blocked() {
    return place.isPresent() && place.get().blocked();
  }

  /** Notes the limit that leaves no room, or that there is room. */
  void full(Optional<String> counter, long nowNanos) {
    if (counter.isPresent() && full.isEmpty()) {
      fullNanos = nowNanos;
    }
    full = counter;
  }

  @Override
  public void roomForConnection() {
    site.port().roomForConnection(this);
  }
}
