package io.mailraft.delivery;

import io.mailraft.config.ZonePool;
import java.util.Locale;
import java.util.Optional;

/**
 * Which of a zone's sources a claim sticks to, and which have no sends left for the day. Guarded by
 * the zone's lock.
 */
final class Pins {
  private final Sites sites;
  private final SourcePool pool;
  private final SendLines lines;

  Pins(Sites sites, SourcePool pool, SendLines lines) {
    this.sites = sites;
    this.pool = pool;
    this.lines = lines;
  }

  private ZonePool.PoolHash hash() {
    return sites.plan().config().pool().hash();
  }

  private static String sender(Claim claim) {
    return claim.message().sender().toLowerCase(Locale.ROOT);
  }

  /** The source that a claim sticks to, where another node owns that and may be asked. */
  Optional<String> elsewhere(Claim claim) {
    if (claim.others() != Claim.Others.ALL) {
      return Optional.empty();
    }
    if (claim.lastSource().isPresent()) {
      String last = claim.lastSource().get();
      return pool.named(last).isPresent()
          ? Optional.empty()
          : pool.namedElsewhere(last).map(Source::text);
    }
    return switch (hash()) {
      case NONE -> Optional.empty();
      case FROM -> pool.preferredElsewhere(sender(claim)).map(Source::text);
      case RECIPIENT_DOMAIN -> pool.preferredElsewhere(claim.domain()).map(Source::text);
    };
  }

  /** Whether other nodes have sources of the zone. */
  boolean othersExist() {
    return pool.hasElsewhere();
  }

  /** Whether another node may be able to send a claim that this one cannot. */
  boolean othersMay(Claim claim) {
    return claim.others() != Claim.Others.NONE && othersExist();
  }

  /** The way that a claim sticks to; empty if any will do. */
  Optional<Way> pin(Site site, Claim claim, long nowNanos) {
    ZonePool.PoolHash hash = hash();
    if (pool.sources().size() <= 1
        || (hash == ZonePool.PoolHash.NONE && claim.lastSource().isEmpty())) {
      return Optional.empty();
    }
    Optional<Way> last =
        claim
            .lastSource()
            .flatMap(pool::named)
            .map(source -> sites.way(site, source))
            .filter(way -> eligible(way, nowNanos));
    if (last.isPresent()) {
      return last;
    }
    return switch (hash) {
      case NONE -> Optional.empty();
      case FROM -> preferred(site, sender(claim), nowNanos);
      case RECIPIENT_DOMAIN -> preferred(site, claim.domain(), nowNanos);
    };
  }

  private Optional<Way> preferred(Site site, String key, long nowNanos) {
    for (Source source : pool.ranked(key)) {
      Way way = sites.way(site, source);
      if (eligible(way, nowNanos)) {
        return Optional.of(way);
      }
    }
    return Optional.empty();
  }

  /** Whether a claim may stick to a way: it may be used, and today still. */
  boolean eligible(Way way, long nowNanos) {
    return way.usable(nowNanos) && !spent(way);
  }

  /** Whether the way's warm-up has no sends left for the day. */
  private boolean spent(Way way) {
    return way.terms.warmUp().filter(lines::spent).isPresent();
  }

  /** Whether every source that may be used has no sends of its warm-up left for the day. */
  boolean cold(Site site, long nowNanos) {
    boolean any = false;
    for (Source source : pool.sources()) {
      Way way = sites.way(site, source);
      if (way.usable(nowNanos)) {
        if (!spent(way)) {
          return false;
        }
        any = true;
      }
    }
    return any;
  }
}
