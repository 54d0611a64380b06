package io.mailraft.delivery;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The node's own addresses, from which the connections of zones without a pool start.
 *
 * <p>A loopback address reaches loopback alone. So it is used for loopback targets only, and a node
 * that has no other address lets the system choose.
 */
final class Sources {
  private final List<InetAddress> loopback = new ArrayList<>();
  private final List<InetAddress> outside = new ArrayList<>();
  private final AtomicInteger turn = new AtomicInteger();

  Sources(List<InetAddress> localAddresses) {
    for (InetAddress address : localAddresses) {
      if (address.isLoopbackAddress()) {
        loopback.add(address);
      } else if (!address.isAnyLocalAddress()) {
        outside.add(address);
      }
    }
  }

  /** What stands for all of them where connections are counted by source: the first. */
  String text() {
    List<InetAddress> first = outside.isEmpty() ? loopback : outside;
    return first.isEmpty() ? "any" : first.getFirst().getHostAddress();
  }

  /** Whether a connection to the target can be opened from one of our addresses. */
  boolean reaches(InetAddress target) {
    return target.isLoopbackAddress()
        || outside.isEmpty()
        || outside.stream().anyMatch(address -> sameFamily(address, target));
  }

  /** The address to bind, in turn; empty to let the system choose. */
  Optional<InetAddress> pick(InetAddress target) {
    List<InetAddress> fitting =
        (target.isLoopbackAddress() ? loopback : outside)
            .stream().filter(address -> sameFamily(address, target)).toList();
    if (fitting.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(fitting.get(Math.floorMod(turn.getAndIncrement(), fitting.size())));
  }

  private static boolean sameFamily(InetAddress one, InetAddress other) {
    return one instanceof Inet4Address == other instanceof Inet4Address;
  }
}
