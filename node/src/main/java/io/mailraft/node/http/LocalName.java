package io.mailraft.node.http;

import io.mailraft.config.HostPort;
import java.util.Locale;
import java.util.Optional;

/** Tells names of this machine from names that anybody may point at it. */
final class LocalName {
  private LocalName() {}

  /**
   * Whether a Host field names this machine: by an address, or as localhost. One that is missing
   * does, since browsers always send it.
   */
  static boolean isLocal(Optional<String> authority) {
    if (authority.isEmpty()) {
      return true;
    }
    String text = authority.get().toLowerCase(Locale.ROOT);
    String host;
    try {
      boolean hasPort = text.lastIndexOf(':') > text.lastIndexOf(']');
      host = HostPort.parse(hasPort ? text : text + ":80").host();
    } catch (IllegalArgumentException e) {
      return false; // No host at all.
    }
    return host.equals("localhost")
        || host.endsWith(".localhost")
        || new HostPort(host, 80).isLiteral();
  }
}
