package io.mailraft.node.access;

import io.mailraft.config.AccessConfig;
import io.mailraft.config.PemFiles;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** All that a node's listeners need to know of who may come: one for the node. */
public final class Access implements AutoCloseable {
  private final FileFollower follower = new FileFollower();
  private final Optional<Gate> gate;
  private final Optional<ConfigHook> hook;
  private final Map<PemFiles, TlsIdentity> identities = new HashMap<>();

  /**
   * Reads the users file, if there is one.
   *
   * @throws IOException if it cannot be used; the message says where
   */
  public Access(AccessConfig config) throws IOException {
    try {
      gate =
          config.knowsAccounts()
              ? Optional.of(new Gate(config, follower, System::nanoTime))
              : Optional.empty();
    } catch (IOException | RuntimeException e) {
      follower.close();
      throw e;
    }
    hook = config.config().map(ConfigHook::new);
  }

  /**
   * Whom a listener asks.
   *
   * @param files its certificate and key, if it has any
   * @throws IOException if they cannot be used
   */
  public Keepers keepers(Optional<PemFiles> files) throws IOException {
    return new Keepers(gate, identity(files), hook);
  }

  /** Whether the X-Sending-Zone header of an account's messages chooses their zone. */
  public boolean trustsRouting(String account) {
    return gate.filter(known -> known.trustsRouting(account)).isPresent();
  }

  /** Who is asked about each message. */
  public Optional<ConfigHook> hook() {
    return hook;
  }

  /** The certificate of a listener; listeners with the same files share it. */
  private synchronized Optional<TlsIdentity> identity(Optional<PemFiles> files) throws IOException {
    if (files.isEmpty()) {
      return Optional.empty();
    }
    TlsIdentity identity = identities.get(files.get());
    if (identity == null) {
      identity = new TlsIdentity(files.get(), follower);
      identities.put(files.get(), identity);
    }
    return Optional.of(identity);
  }

  @Override
  public void close() {
    follower.close();
    gate.ifPresent(Gate::close);
    hook.ifPresent(ConfigHook::close);
  }
}
