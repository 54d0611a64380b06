package io.mailraft.delivery;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;

/**
 * What is remembered of hosts that did not work from a source: for a minute nobody connects to them
 * from there again, and who wants to is told what the last one was told. Thread-safe.
 */
final class Troubles {
  private static final Duration REMEMBERED = Duration.ofSeconds(60);
  private static final Duration CLEAR_REMEMBERED = Duration.ofMinutes(10);
  private static final int HOSTS_MAX = 10_000;

  private record Pair(String source, InetSocketAddress host) {}

  private final Cache<Pair, Reply> dead =
      Caffeine.newBuilder().maximumSize(HOSTS_MAX).expireAfterWrite(REMEMBERED).build();
  private final Cache<InetSocketAddress, Boolean> clearOnly =
      Caffeine.newBuilder().maximumSize(HOSTS_MAX).expireAfterWrite(CLEAR_REMEMBERED).build();

  private Optional<Long> saidNanos = Optional.empty();

  Optional<Reply> of(Source source, InetSocketAddress host) {
    return Optional.ofNullable(dead.getIfPresent(new Pair(source.text(), host)));
  }

  void mark(Source source, InetSocketAddress host, Reply reply) {
    dead.put(new Pair(source.text(), host), reply);
  }

  void clear(Source source, InetSocketAddress host) {
    dead.invalidate(new Pair(source.text(), host));
  }

  /** Whether it is to be said that this node can open no socket: once a minute. */
  synchronized boolean saysNoSocket() {
    long now = System.nanoTime();
    if (saidNanos.isPresent() && now - saidNanos.get() < REMEMBERED.toNanos()) {
      return false;
    }
    saidNanos = Optional.of(now);
    return true;
  }

  /** Whether the host's TLS did not work of late. */
  boolean clearOnly(InetSocketAddress host) {
    return clearOnly.getIfPresent(host) != null;
  }

  void markClearOnly(InetSocketAddress host) {
    clearOnly.put(host, true);
  }
}
