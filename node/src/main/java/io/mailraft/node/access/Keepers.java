package io.mailraft.node.access;

import java.util.Optional;

/**
 * Whom one listener asks who may come.
 *
 * @param gate says whose credentials are good
 * @param identity the listener's certificate
 * @param hook is asked about each message
 */
public record Keepers(
    Optional<Gate> gate, Optional<TlsIdentity> identity, Optional<ConfigHook> hook) {
  /** Nobody. */
  public static final Keepers NONE =
      new Keepers(Optional.empty(), Optional.empty(), Optional.empty());
}
