package io.mailraft.node.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mailraft.config.AccessConfig;
import io.mailraft.config.HookConfig;
import io.mailraft.node.access.Credentials.Password;
import io.mailraft.node.access.Credentials.Token;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whose credentials are good. */
class GateTest {
  private static final InetAddress HERE = InetAddress.ofLiteral("192.0.2.1");
  private static final InetAddress THERE = InetAddress.ofLiteral("192.0.2.2");
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Duration IMPATIENCE = Duration.ofMillis(300);

  /** "U*U", from the tests of the first implementation. */
  private static final String BCRYPT =
      "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

  /** "password", from the tests of the reference implementation. */
  private static final String ARGON2ID =
      "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

  @TempDir private Path directory;
  private final FileFollower follower = new FileFollower();
  private final AtomicLong nanoTime = new AtomicLong();
  private final List<AutoCloseable> open = new ArrayList<>(List.of(follower));

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable one : open) {
      one.close();
    }
  }

  private Path users() {
    return directory.resolve("users");
  }

  private Gate gate(AccessConfig config) throws IOException {
    Gate gate = new Gate(config, follower, nanoTime::get);
    open.add(gate);
    return gate;
  }

  private Gate byFile() throws IOException {
    return gate(Keys.access(Optional.of(users()), Optional.empty()));
  }

  private Gate byHook(HookConfig hook) throws IOException {
    return gate(Keys.access(Optional.empty(), Optional.of(hook)));
  }

  private HookServer server(HookServer.Answer answer) throws IOException {
    HookServer server = new HookServer(answer);
    open.add(server);
    return server;
  }

  private static Verdict ask(Gate gate, String name, String password) throws Exception {
    return ask(gate, new Password(name, password), HERE);
  }

  private static Verdict ask(Gate gate, Credentials credentials, InetAddress from)
      throws Exception {
    return ask(gate, credentials, from, Transport.SMTP);
  }

  private static Verdict ask(
      Gate gate, Credentials credentials, InetAddress from, Transport transport) throws Exception {
    return gate.ask(credentials, from, transport).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  private static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - deadline).isNegative();
      LockSupport.parkNanos(10_000_000);
    }
  }

  private static Verdict admitted(String name) {
    return new Verdict.Admitted(new Account(name, false));
  }

  @Test
  void a_password_of_the_file_lets_in_and_another_does_not() throws Exception {
    Keys.add(users(), "alice", "s3cret \u00e4\u4e00");
    Keys.add(users(), "boss", "x", "--trust-routing");
    Gate gate = byFile();
    assertThat(ask(gate, "alice", "s3cret \u00e4\u4e00")).isEqualTo(admitted("alice"));
    assertThat(ask(gate, "alice", "s3cret")).isEqualTo(new Verdict.Denied());
    assertThat(ask(gate, "Alice", "s3cret \u00e4\u4e00")).isEqualTo(new Verdict.Denied());
    assertThat(ask(gate, "nobody", "s3cret")).isEqualTo(new Verdict.Denied());
    assertThat(ask(gate, "alice", "")).isEqualTo(new Verdict.Denied());
    assertThat(ask(gate, "boss", "x")).isEqualTo(new Verdict.Admitted(new Account("boss", true)));
  }

  @Test
  void a_token_of_the_file_is_name_dot_password() throws Exception {
    Keys.add(users(), "alice@a.example", "abc");
    Keys.add(users(), "alice@a", "x");
    Keys.add(users(), "bob", "a.b..c.");
    Gate gate = byFile();
    assertThat(ask(gate, new Token("bob.a.b..c."), HERE)).isEqualTo(admitted("bob"));
    assertThat(ask(gate, new Token("alice@a.x"), HERE)).isEqualTo(admitted("alice@a"));
    assertThat(ask(gate, new Token("bob.a.b..c"), HERE)).isEqualTo(new Verdict.Denied());
    assertThat(ask(gate, new Token("alice@a.example.abc"), HERE))
        .isEqualTo(admitted("alice@a.example"));
    assertThat(ask(gate, new Token("abc"), HERE)).isEqualTo(new Verdict.Denied());
    assertThat(ask(gate, new Token("alice@a.example.abd"), HERE)).isEqualTo(new Verdict.Denied());
  }

  @Test
  void hashes_that_others_made_are_understood() throws Exception {
    Files.writeString(users(), "# ours\n\none:" + BCRYPT + "\ntwo:" + ARGON2ID + "\n");
    Gate gate = byFile();
    assertThat(ask(gate, "one", "U*U")).isEqualTo(admitted("one"));
    assertThat(ask(gate, "two", "password")).isEqualTo(admitted("two"));
    assertThat(ask(gate, "one", "password")).isEqualTo(new Verdict.Denied());
  }

  @Test
  void what_is_checked_for_a_stranger_is_as_dear_as_a_hash_of_the_file() throws Exception {
    Files.writeString(users(), "");
    assertThat(new UsersFile(users()).anyHash(7)).isEmpty();
    Files.writeString(users(), "one:" + BCRYPT + "\ntwo:" + ARGON2ID + "\n");
    UsersFile file = new UsersFile(users());
    List<PasswordHash> own =
        List.of(file.find("one").orElseThrow().hash(), file.find("two").orElseThrow().hash());
    List<PasswordHash> checked = new ArrayList<>();
    for (int seed : new int[] {Integer.MIN_VALUE, -1, 0, 1, Integer.MAX_VALUE}) {
      checked.add(file.anyHash(seed).orElseThrow());
    }
    assertThat(checked).hasSameElementsAs(own);
    // It opens to nobody: "U*U" and "password" are those of others.
    Gate gate = byFile();
    for (String stranger : List.of("three", "four", "five", "six")) {
      assertThat(ask(gate, stranger, "U*U")).isEqualTo(new Verdict.Denied());
      assertThat(ask(gate, stranger, "password")).isEqualTo(new Verdict.Denied());
    }
  }

  @Test
  void a_file_is_obeyed_when_it_changes_and_a_broken_one_changes_nothing() throws Exception {
    Keys.add(users(), "alice", "first");
    Gate gate = byFile();
    assertThat(ask(gate, "alice", "first")).isEqualTo(admitted("alice"));
    Keys.add(users(), "alice", "second");
    await(
        () ->
            gate.ask(new Password("alice", "first"), HERE, Transport.SMTP).join()
                instanceof Verdict.Denied);
    assertThat(ask(gate, "alice", "second")).isEqualTo(admitted("alice"));
    String good = Files.readString(users());
    Files.writeString(users(), good + "\nbroken\n");
    // Its own reading is what shows that the broken file was looked at and left alone.
    UsersFile file = new UsersFile(Files.writeString(directory.resolve("other"), good));
    assertThat(file.count()).isEqualTo(1);
    assertThatThrownBy(() -> new UsersFile(users()))
        .isInstanceOf(IOException.class)
        .hasMessage(users() + ":3: expected name:hash or name:hash:trustRouting");
    assertThat(ask(gate, "alice", "second")).isEqualTo(admitted("alice"));
    Files.writeString(users(), good.replace("alice:", "bob:"));
    // Not by asking for the one that comes, whose denials would be counted until then.
    await(
        () ->
            gate.ask(new Password("alice", "second"), HERE, Transport.SMTP).join()
                instanceof Verdict.Denied);
    assertThat(ask(gate, "bob", "second")).isEqualTo(admitted("bob"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "alice",
        "alice:",
        ":x",
        "alice:plain",
        "alice:$argon2id$v=19$m=999999,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "alice:$argon2id$v=19$m=65536,t=99,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "alice:$2y$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "alice:" + BCRYPT + ":root",
        "alice:" + BCRYPT + "\nalice:" + BCRYPT
      })
  void a_file_that_cannot_be_used_ends_the_start(String text) throws IOException {
    Files.writeString(users(), text);
    assertThatThrownBy(this::byFile)
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(users() + ":")
        .hasMessageNotContaining("CTFhFdX")
        .hasMessageNotContaining("YMJKvy");
  }

  @Test
  void the_application_is_asked_as_the_seed_asks_it() throws Exception {
    HookServer server = server(HookServer.status(204));
    Gate gate = byHook(server.config("/auth?a=b", PATIENCE));
    assertThat(ask(gate, "alice", "s3cret:\u00e4")).isEqualTo(admitted("alice"));
    assertThat(ask(gate, "alice", "s3cret:\u00e4")).isEqualTo(admitted("alice"));
    assertThat(server.asked)
        .containsExactly(
            new HookServer.Asked(
                "GET", "/auth?a=b&transport=SMTP", "Basic YWxpY2U6czNjcmV0OsOk", ""));
    nanoTime.addAndGet(Duration.ofSeconds(31).toNanos());
    server.answer(HookServer.status(403));
    assertThat(ask(gate, "alice", "s3cret:\u00e4")).isEqualTo(new Verdict.Denied());
    assertThat(server.asked).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 400, 401, 404, 500})
  void what_is_no_success_denies(int status) throws Exception {
    Gate gate = byHook(server(HookServer.status(status)).config("/", PATIENCE));
    assertThat(ask(gate, "alice", "x")).isEqualTo(new Verdict.Denied());
  }

  @Test
  void a_token_is_whose_the_application_says() throws Exception {
    HookServer server =
        server(
            exchange -> {
              exchange.getResponseHeaders().set("X-Authenticated-User", "carol");
              exchange.sendResponseHeaders(200, -1);
            });
    Gate gate = byHook(server.config("", PATIENCE));
    assertThat(ask(gate, new Token("opaque"), HERE)).isEqualTo(admitted("carol"));
    assertThat(server.asked.getFirst().authorization()).isEqualTo("Bearer opaque");
    server.answer(HookServer.status(200));
    assertThat(ask(gate, new Token("other"), HERE)).isEqualTo(new Verdict.Denied());
  }

  @Test
  void accounts_of_the_file_are_not_asked_of_the_application() throws Exception {
    Keys.add(users(), "alice", "first");
    HookServer server = server(HookServer.status(200));
    Gate gate = gate(Keys.access(Optional.of(users()), Optional.of(server.config("/", PATIENCE))));
    assertThat(ask(gate, "alice", "other")).isEqualTo(new Verdict.Denied());
    assertThat(server.asked).isEmpty();
    assertThat(ask(gate, "bob", "other")).isEqualTo(admitted("bob"));
  }

  @Test
  void an_application_that_is_slow_away_or_endless_is_unavailable() throws Exception {
    HookServer server = server(HookServer.bytes(100 << 20));
    assertThat(ask(byHook(server.config("/", PATIENCE)), "a", "b"))
        .isEqualTo(new Verdict.Unavailable());
    for (int away : List.of(502, 503, 504)) {
      server.answer(HookServer.status(away));
      assertThat(ask(byHook(server.config("/", PATIENCE)), "a", "b"))
          .isEqualTo(new Verdict.Unavailable());
    }
    server.answer(server.never());
    assertThat(ask(byHook(server.config("/", IMPATIENCE)), "a", "b"))
        .isEqualTo(new Verdict.Unavailable());
    HookConfig gone = server.config("/", PATIENCE);
    server.close();
    assertThat(ask(byHook(gone), "a", "b")).isEqualTo(new Verdict.Unavailable());
  }

  @Test
  void an_application_that_talks_nonsense_is_soon_left_alone() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    try (ServerSocket nonsense = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"))) {
      Thread.ofVirtual()
          .start(
              () -> {
                try {
                  while (true) {
                    try (Socket socket = nonsense.accept()) {
                      calls.incrementAndGet();
                      socket
                          .getOutputStream()
                          .write("* OK IMAP ready\r\n".getBytes(StandardCharsets.US_ASCII));
                    }
                  }
                } catch (IOException e) {
                  calls.addAndGet(0); // The test has closed the socket.
                }
              });
      Gate gate =
          byHook(
              new HookConfig(
                  URI.create("http://127.0.0.1:" + nonsense.getLocalPort() + "/"),
                  Duration.ofSeconds(2)));
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      int before;
      do {
        before = calls.get();
        assertThat(System.nanoTime() - deadline).as("calls go on").isNegative();
        assertThat(ask(gate, "a", "b")).isEqualTo(new Verdict.Unavailable());
      } while (calls.get() > before);
    }
  }

  @Test
  void failures_of_an_address_are_limited_and_forgotten_in_time() throws Exception {
    HookServer server = server(HookServer.status(401));
    Gate gate =
        gate(Keys.access(Optional.empty(), Optional.of(server.config("/", PATIENCE)), 3, 100));
    for (int i = 0; i < 3; i++) {
      assertThat(ask(gate, "a" + i, "x")).isEqualTo(new Verdict.Denied());
    }
    assertThat(ask(gate, "a", "x")).isInstanceOf(Verdict.TooMany.class);
    assertThat(((Verdict.TooMany) ask(gate, "a", "y")).retryAfter())
        .isBetween(Duration.ofSeconds(1), Duration.ofSeconds(601));
    assertThat(ask(gate, new Password("a", "x"), THERE)).isEqualTo(new Verdict.Denied());
    assertThat(server.asked).hasSize(4);
    nanoTime.addAndGet(Duration.ofMinutes(11).toNanos());
    assertThat(ask(gate, "a", "z")).isEqualTo(new Verdict.Denied());
  }

  @Test
  void failures_on_an_account_are_limited_but_not_where_its_owner_has_been() throws Exception {
    HookServer server = server(HookServer.status(200));
    Gate gate =
        gate(Keys.access(Optional.empty(), Optional.of(server.config("/", PATIENCE)), 100, 3));
    assertThat(ask(gate, new Password("alice", "right"), HERE)).isEqualTo(admitted("alice"));
    server.answer(HookServer.status(401));
    for (int i = 0; i < 3; i++) {
      InetAddress guesser = InetAddress.ofLiteral("192.0.2." + (10 + i));
      assertThat(ask(gate, new Password("alice", "guess" + i), guesser))
          .isEqualTo(new Verdict.Denied());
    }
    assertThat(ask(gate, new Password("alice", "guess"), THERE))
        .isInstanceOf(Verdict.TooMany.class);
    server.answer(HookServer.status(200));
    assertThat(ask(gate, new Password("alice", "changed"), HERE)).isEqualTo(admitted("alice"));
    assertThat(ask(gate, new Password("bob", "right"), THERE)).isEqualTo(admitted("bob"));
  }

  @Test
  void another_case_of_a_name_is_no_other_account() throws Exception {
    HookServer server = server(HookServer.status(200));
    Gate gate =
        gate(Keys.access(Optional.empty(), Optional.of(server.config("/", PATIENCE)), 100, 3));
    assertThat(ask(gate, new Password("Alice", "right"), HERE)).isEqualTo(admitted("Alice"));
    server.answer(HookServer.status(401));
    int guesser = 10;
    for (String name : List.of("alice", "ALICE", "aLiCe")) {
      assertThat(
              ask(gate, new Password(name, "guess"), InetAddress.ofLiteral("192.0.2." + guesser++)))
          .isEqualTo(new Verdict.Denied());
    }
    assertThat(ask(gate, new Password("AlicE", "guess"), THERE))
        .isInstanceOf(Verdict.TooMany.class);
    server.answer(HookServer.status(200));
    assertThat(ask(gate, new Password("alice", "right"), HERE)).isEqualTo(admitted("alice"));
  }

  @Test
  void what_the_application_says_of_one_transport_holds_for_no_other() throws Exception {
    HookServer server =
        server(
            exchange ->
                exchange.sendResponseHeaders(
                    exchange.getRequestURI().getQuery().equals("transport=SMTP") ? 200 : 403, -1));
    Gate gate = byHook(server.config("/", PATIENCE));
    assertThat(ask(gate, new Password("alice", "right"), HERE, Transport.SMTP))
        .isEqualTo(admitted("alice"));
    assertThat(ask(gate, new Password("alice", "right"), HERE, Transport.HTTP))
        .isEqualTo(new Verdict.Denied());
    assertThat(ask(gate, new Password("alice", "right"), HERE, Transport.SMTP))
        .isEqualTo(admitted("alice"));
    assertThat(server.asked).hasSize(2);
    var bySmtp = gate.ask(new Password("bob", "right"), HERE, Transport.SMTP);
    var byHttp = gate.ask(new Password("bob", "right"), HERE, Transport.HTTP);
    assertThat(bySmtp.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isEqualTo(admitted("bob"));
    assertThat(byHttp.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isEqualTo(new Verdict.Denied());
  }

  @Test
  void addresses_of_one_ipv6_site_count_together() throws Exception {
    HookServer server = server(HookServer.status(401));
    Gate gate =
        gate(Keys.access(Optional.empty(), Optional.of(server.config("/", PATIENCE)), 2, 100));
    for (int i = 1; i <= 2; i++) {
      ask(gate, new Password("a" + i, "x"), InetAddress.ofLiteral("2001:db8::" + i));
    }
    assertThat(ask(gate, new Password("b", "x"), InetAddress.ofLiteral("2001:db8::3")))
        .isInstanceOf(Verdict.TooMany.class);
    assertThat(ask(gate, new Password("b", "x"), InetAddress.ofLiteral("2001:db8:0:1::3")))
        .isEqualTo(new Verdict.Denied());
  }

  @Test
  void equal_credentials_at_the_same_time_are_looked_at_once() throws Exception {
    HookServer server = server(HookServer.status(200));
    Gate gate = byHook(server.config("/", PATIENCE));
    List<CompletableFuture<Verdict>> verdicts = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      verdicts.add(gate.ask(new Password("alice", "right"), HERE, Transport.SMTP));
    }
    for (CompletableFuture<Verdict> verdict : verdicts) {
      assertThat(verdict.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isEqualTo(admitted("alice"));
    }
    assertThat(server.asked).hasSize(1);
  }

  @Test
  void credentials_are_never_printed() {
    assertThat(new Password("alice", "s3cret").toString()).doesNotContain("s3cret");
    assertThat(new Token("s3cret").toString()).doesNotContain("s3cret");
  }
}
