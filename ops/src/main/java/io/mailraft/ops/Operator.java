package io.mailraft.ops;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/** Who runs a command, as far as this machine knows: a note, not a proof. */
final class Operator {
  private Operator() {}

  /** The user's name @ this machine's. */
  static String name() {
    String host;
    try {
      host = InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      // A machine whose own name cannot be looked up has one all the same.
      host = Optional.ofNullable(System.getenv("HOSTNAME")).orElse("localhost");
    }
    return System.getProperty("user.name") + "@" + host;
  }
}
