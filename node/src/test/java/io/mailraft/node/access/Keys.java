package io.mailraft.node.access;

import io.mailraft.config.AccessConfig;
import io.mailraft.config.HookConfig;
import io.mailraft.config.PemFiles;
import io.mailraft.testkit.PeerCertificate;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Settings, accounts and certificates for tests of who may come. */
public final class Keys {
  private Keys() {}

  /** Settings with defaults for all that is not given. */
  public static AccessConfig access(Optional<Path> users, Optional<HookConfig> auth) {
    return access(users, auth, 20, 100);
  }

  public static AccessConfig access(
      Optional<Path> users, Optional<HookConfig> auth, int perAddress, int perAccount) {
    return new AccessConfig(
        users,
        auth,
        Optional.empty(),
        Duration.ofSeconds(30),
        perAddress,
        perAccount,
        Duration.ofMinutes(10),
        2);
  }

  /** Adds an account as operators do. */
  public static void add(Path file, String name, String password, String... more) {
    int status =
        user(
            password + "\n",
            new PrintStream(PrintStream.nullOutputStream(), true, StandardCharsets.UTF_8),
            concat(List.of("add", "-f", file.toString(), name), more));
    if (status != 0) {
      throw new IllegalStateException("mailraft user add ended with " + status);
    }
  }

  static int user(String input, PrintStream out, List<String> args) {
    return UserCommand.run(
        args,
        new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
        out,
        out,
        Optional.empty());
  }

  private static List<String> concat(List<String> first, String... more) {
    return java.util.stream.Stream.concat(first.stream(), java.util.Arrays.stream(more)).toList();
  }

  /** A certificate for 127.0.0.1, made afresh. */
  public static PeerCertificate certificate(Path directory) throws IOException {
    return PeerCertificate.make(directory, List.of("127.0.0.1"));
  }

  /** The files that a listener needs of it. */
  public static PemFiles pem(PeerCertificate certificate) {
    return new PemFiles(certificate.certificate(), certificate.key());
  }
}
