package io.mailraft.ops;

import io.mailraft.testkit.Action;
import io.mailraft.testkit.Moment;
import io.mailraft.testkit.Script;
import io.mailraft.testkit.Stage;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A sink that, once armed, holds the next message between its final dot and its 250, tells whose it
 * is, and goes on when it is let go: the window of I6.
 */
final class KillAtDot implements Script {
  /** A message that is held. */
  static final class Held {
    private final CompletableFuture<String> node = new CompletableFuture<>();
    private final CompletableFuture<Boolean> released = new CompletableFuture<>();

    String awaitNode() throws Exception {
      return node.get(ClusterRun.BOUND.toSeconds(), TimeUnit.SECONDS);
    }

    void release() {
      released.complete(true);
    }
  }

  private final Map<Long, String> nodeByConnection = new ConcurrentHashMap<>();
  private final AtomicReference<Optional<Held>> armed = new AtomicReference<>(Optional.empty());

  Held arm() {
    Held held = new Held();
    armed.set(Optional.of(held));
    return held;
  }

  @Override
  public Action at(Moment moment) {
    if (moment.stage() == Stage.EHLO) {
      String name = moment.argument();
      nodeByConnection.put(moment.connection(), name.substring(0, name.indexOf('.')));
    }
    if (moment.stage() == Stage.DOT) {
      armed
          .getAndSet(Optional.empty())
          .ifPresent(
              held -> {
                held.node.complete(nodeByConnection.getOrDefault(moment.connection(), "nobody"));
                held.released
                    .completeOnTimeout(false, ClusterRun.BOUND.toSeconds(), TimeUnit.SECONDS)
                    .join();
              });
    }
    return Action.PROCEED;
  }
}
