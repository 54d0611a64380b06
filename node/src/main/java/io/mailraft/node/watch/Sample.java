package io.mailraft.node.watch;

import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A value that is looked up again only once it is older than it may be. Safe for any thread. */
final class Sample<T> implements Supplier<T> {
  private final long freshNanos;
  private final LongSupplier nanos;
  private final Supplier<T> look;
  private @Nullable T seen;
  private long seenNanos;

  Sample(Duration fresh, LongSupplier nanos, Supplier<T> look) {
    this.freshNanos = fresh.toNanos();
    this.nanos = nanos;
    this.look = look;
  }

  @Override
  public synchronized T get() {
    long now = nanos.getAsLong();
    T value = seen;
    if (value == null || now - seenNanos > freshNanos) {
      value = look.get();
      seen = value;
      seenNanos = now;
    }
    return value;
  }
}
