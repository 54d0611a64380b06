package io.mailraft.node.smtp;

import io.mailraft.config.Cidr;
import io.mailraft.config.SmtpConfig;
import io.mailraft.node.smtp.SmtpEvents.Refusal;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Decides who may connect: the allow list, and the counts of open connections in all and of each
 * address.
 */
final class Admission {
  private final SmtpConfig config;
  private final Map<InetAddress, Integer> openByAddress = new HashMap<>();
  private int open;
  private boolean stopping;

  Admission(SmtpConfig config) {
    this.config = config;
  }

  /** Counts a connection in, or says why not. */
  synchronized Optional<Refusal> enter(InetAddress client) {
    if (!allowed(client)) {
      return Optional.of(Refusal.NOT_ALLOWED);
    }
    if (stopping) {
      return Optional.of(Refusal.STOPPING);
    }
    if (open >= config.maxConnections()) {
      return Optional.of(Refusal.TOO_MANY_CONNECTIONS);
    }
    int ofAddress = openByAddress.getOrDefault(client, 0);
    if (ofAddress >= config.maxConnectionsPerAddress()) {
      return Optional.of(Refusal.TOO_MANY_OF_ADDRESS);
    }
    openByAddress.put(client, ofAddress + 1);
    open++;
    return Optional.empty();
  }

  /** Counts a connection out. */
  synchronized void leave(InetAddress client) {
    open--;
    openByAddress.computeIfPresent(client, (address, count) -> count > 1 ? count - 1 : null);
    notifyAll();
  }

  /** Refuses everyone from here on. */
  synchronized void stop() {
    stopping = true;
  }

  /** Waits until no connection is open, but not beyond the given time, and says whether none is. */
  synchronized boolean awaitNone(long deadlineNanoTime) throws InterruptedException {
    while (open > 0) {
      long leftNanos = deadlineNanoTime - System.nanoTime();
      if (leftNanos <= 0) {
        return false;
      }
      wait(leftNanos / 1_000_000, (int) (leftNanos % 1_000_000));
    }
    return true;
  }

  private boolean allowed(InetAddress client) {
    if (config.allow().isEmpty()) {
      return true;
    }
    for (Cidr network : config.allow()) {
      if (network.contains(client)) {
        return true;
      }
    }
    return false;
  }
}
