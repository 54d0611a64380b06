package io.mailraft.node.smtp;

import io.mailraft.config.ListenerAuth;
import io.mailraft.node.access.ConfigHook;
import io.mailraft.node.access.FileFollower;
import io.mailraft.node.access.Gate;
import io.mailraft.node.access.HookServer;
import io.mailraft.node.access.Keepers;
import io.mailraft.node.access.Keys;
import io.mailraft.node.access.TlsIdentity;
import io.mailraft.testkit.PeerCertificate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;
import java.util.Optional;
import java.util.function.Consumer;

/** What a test of accounts and TLS needs beside a listener. */
final class AccessRun {
  static final String PASSWORD = "s3cret";

  /** alice and her password, for PLAIN. */
  static final String ALICE = plain("", "alice", PASSWORD);

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  final FileFollower follower = new FileFollower();
  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final Path directory;
  Optional<Gate> gate = Optional.empty();
  Optional<TlsIdentity> identity = Optional.empty();
  Optional<ConfigHook> hook = Optional.empty();
  Optional<PeerCertificate> certificate = Optional.empty();

  AccessRun(Path directory) {
    this.directory = directory;
    open.push(follower);
  }

  static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  static String plain(String as, String name, String password) {
    return base64(as + '\0' + name + '\0' + password);
  }

  /** A users file with alice, and boss who is trusted. */
  AccessRun withUsers() throws IOException {
    Path users = directory.resolve("users");
    Keys.add(users, "alice", PASSWORD);
    Keys.add(users, "boss", PASSWORD, "--trust-routing");
    return with(
        new Gate(Keys.access(Optional.of(users), Optional.empty()), follower, System::nanoTime));
  }

  /** An application that says who may come. */
  AccessRun withHook(HookServer server, Duration timeout) throws IOException {
    return with(
        new Gate(
            Keys.access(Optional.empty(), Optional.of(server.config("/", timeout))),
            follower,
            System::nanoTime));
  }

  private AccessRun with(Gate made) {
    open.push(made);
    gate = Optional.of(made);
    return this;
  }

  AccessRun withTls() throws IOException {
    PeerCertificate made = Keys.certificate(directory.resolve("tls"));
    certificate = Optional.of(made);
    identity = Optional.of(new TlsIdentity(Keys.pem(made), follower));
    return this;
  }

  /** An application that is asked about each message. */
  AccessRun withConfig(HookServer server) {
    ConfigHook made = new ConfigHook(server.config("/config", PATIENCE));
    open.push(made);
    hook = Optional.of(made);
    return this;
  }

  HookServer server(HookServer.Answer answer) throws IOException {
    HookServer server = new HookServer(answer);
    open.push(server);
    return server;
  }

  Listener listen(ListenerAuth auth) throws IOException {
    return listen(auth, settings -> {});
  }

  Listener listen(ListenerAuth auth, Consumer<Settings> more) throws IOException {
    Listener listener =
        new Listener(
            settings -> {
              settings.auth = auth;
              settings.keepers = new Keepers(gate, identity, hook);
              more.accept(settings);
            });
    open.push(listener);
    return listener;
  }

  void close() throws Exception {
    while (!open.isEmpty()) {
      open.pop().close();
    }
  }
}
