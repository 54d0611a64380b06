package io.mailraft.delivery;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import java.time.Duration;

/**
 * What an engine remembers of sources at sites after the last connection has gone. Lost when the
 * process ends, and where there are too many: then the site says it again.
 */
final class Standings {
  private static final int KEPT_MAX = 50_000;

  /** Longer than the longest back-off, so that the next failure is known as a repeated one. */
  private static final Duration KEPT = Duration.ofMinutes(30);

  private record Key(String source, String site) {}

  private final Cache<Key, Standing> all =
      Caffeine.newBuilder()
          .maximumSize(KEPT_MAX)
          .expireAfter(Expiry.<Key, Standing>accessing((key, standing) -> kept(standing)))
          .build();

  /** How a source stands with a site; both by name. */
  Standing of(Source source, String site) {
    return all.get(new Key(source.own() ? "" : source.text(), site), key -> new Standing());
  }

  /** Remembers a standing that has changed for as long as that matters. */
  void keep(Source source, String site, Standing standing) {
    all.put(new Key(source.own() ? "" : source.text(), site), standing);
  }

  private static Duration kept(Standing standing) {
    long now = System.nanoTime();
    return standing.off(now).map(off -> KEPT.plusNanos(off.untilNanos() - now)).orElse(KEPT);
  }
}
