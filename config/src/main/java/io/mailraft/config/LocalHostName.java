package io.mailraft.config;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;

/** The name that this machine gives itself. */
final class LocalHostName {
  private static final Path KERNEL = Path.of("/proc/sys/kernel/hostname");
  private static final String FALLBACK = "localhost";

  private LocalHostName() {}

  /** The machine's name if it looks like a host name, else {@code localhost}. */
  static String get() {
    return usable(read());
  }

  static String usable(String name) {
    return HostSyntax.isName(name) ? name : FALLBACK;
  }

  private static String read() {
    try {
      // Asked first because the other way may wait for a name server.
      if (Files.isReadable(KERNEL)) {
        return Files.readString(KERNEL).strip();
      }
      return InetAddress.getLocalHost().getHostName();
    } catch (IOException e) {
      return FALLBACK; // No name that resolves, which is what the fallback is for.
    }
  }
}
