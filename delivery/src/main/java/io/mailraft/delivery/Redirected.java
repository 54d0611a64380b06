package io.mailraft.delivery;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;

/**
 * Claims that an engine has given back of late, since another node owns the source that they are to
 * leave from. One that comes again before its next attempt is kept: its owner may be away, or have
 * no use for it.
 */
final class Redirected {
  private static final Duration REMEMBERED = Duration.ofMinutes(5);
  private static final int KEPT_MAX = 50_000;

  private record Key(String messageId, int seq, int attempts) {}

  private final Cache<Key, Boolean> some =
      Caffeine.newBuilder().maximumSize(KEPT_MAX).expireAfterWrite(REMEMBERED).build();

  /** Whether the claim is to be given back; remembers that it was. */
  boolean giveBack(Claim claim) {
    return some.asMap().putIfAbsent(new Key(claim.messageId(), claim.seq(), claim.attempts()), true)
        == null;
  }
}
