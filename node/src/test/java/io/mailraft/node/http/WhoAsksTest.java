package io.mailraft.node.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.linecorp.armeria.common.HttpResponse;
import io.grpc.BindableService;
import io.mailraft.api.admin.AdminGrpc;
import io.mailraft.config.AccessConfig;
import io.mailraft.config.AdminConfig;
import io.mailraft.config.Cidr;
import io.mailraft.config.HostPort;
import io.mailraft.config.HttpConfig;
import io.mailraft.config.ListenerAuth;
import io.mailraft.node.access.Account;
import io.mailraft.node.access.FileFollower;
import io.mailraft.node.access.Gate;
import io.mailraft.node.access.HookServer;
import io.mailraft.node.access.Keepers;
import io.mailraft.node.access.Keys;
import io.mailraft.node.access.TlsIdentity;
import io.mailraft.testkit.PeerCertificate;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Who is let in at the HTTP listener where accounts are known. */
@Execution(ExecutionMode.CONCURRENT)
class WhoAsksTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final BindableService NOTHING = new AdminGrpc.AdminImplBase() {};
  private static final String FORWARDED = "X-Forwarded-For";
  private static final ListenerAuth REQUIRED = new ListenerAuth(true, true);

  @TempDir private Path directory;
  private final FileFollower follower = new FileFollower();
  private volatile Optional<String> unready = Optional.empty();
  private final Deque<AutoCloseable> open = new ArrayDeque<>(List.of(follower));

  @AfterEach
  void close() throws Exception {
    while (!open.isEmpty()) {
      open.pop().close();
    }
  }

  private HttpDoors doors(AccessConfig access, ListenerAuth auth, Optional<TlsIdentity> tls)
      throws IOException {
    return doors(access, auth, tls, List.of(), List.of());
  }

  private HttpDoors doors(
      AccessConfig access,
      ListenerAuth auth,
      Optional<TlsIdentity> tls,
      List<Cidr> allow,
      List<Cidr> proxies)
      throws IOException {
    Gate gate = new Gate(access, follower, System::nanoTime);
    open.push(gate);
    HttpDoors doors =
        new HttpDoors(
            new HttpConfig(
                new HostPort("127.0.0.1", 0), allow, false, proxies, auth, Optional.empty()),
            new AdminConfig(new HostPort("127.0.0.1", 0)),
            NOTHING,
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
            () -> unready,
            new Keepers(Optional.of(gate), tls, Optional.empty()),
            routes ->
                routes
                    .service(
                        "/who",
                        (context, request) ->
                            HttpResponse.of(
                                Account.of(context).map(Account::name).orElse("nobody")))
                    .service(
                        "/where",
                        (context, request) ->
                            HttpResponse.of(context.clientAddress().getHostAddress())));
    open.push(doors);
    return doors;
  }

  private AccessConfig users() throws IOException {
    Path users = directory.resolve("users");
    Keys.add(users, "alice", "s3cret");
    return Keys.access(Optional.of(users), Optional.empty());
  }

  private static java.net.http.HttpResponse<String> get(
      HttpDoors doors, String path, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + doors.httpPort() + path))
            .timeout(PATIENCE);
    if (headers.length > 0) {
      request.headers(headers);
    }
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(request.build(), java.net.http.HttpResponse.BodyHandlers.ofString());
    }
  }

  private static String basic(String name, String password) {
    return "Basic "
        + Base64.getEncoder()
            .encodeToString((name + ':' + password).getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void every_call_wants_an_account_but_those_of_a_load_balancer() throws Exception {
    HttpDoors doors = doors(users(), REQUIRED, Optional.empty());
    for (String path :
        List.of("/who", "/nowhere", "/docs", "/v1/messages", "/healthz/x", "/metrics")) {
      var answer = get(doors, path);
      assertThat(answer.statusCode()).as(path).isEqualTo(401);
      assertThat(answer.headers().firstValue("WWW-Authenticate").orElse(""))
          .contains("Basic realm=")
          .contains("Bearer realm=");
      assertThat(answer.body()).contains("\"code\":\"Unauthorized\"");
    }
    for (String path : List.of("/healthz", "/readyz")) {
      assertThat(get(doors, path).statusCode()).as(path).isEqualTo(200);
    }
    assertThat(get(doors, "/metrics", "Authorization", basic("alice", "s3cret")).statusCode())
        .isEqualTo(200);
  }

  @Test
  void who_has_shown_nothing_is_not_told_why_a_node_is_not_ready() throws Exception {
    unready = Optional.of("the disk of /srv/data is nearly full");
    HttpDoors doors = doors(users(), REQUIRED, Optional.empty());
    var answer = get(doors, "/readyz");
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.body()).isEqualTo("not ready\n");
    HttpDoors asking = doors(users(), ListenerAuth.OPTIONAL, Optional.empty());
    assertThat(get(asking, "/readyz").body()).isEqualTo("the disk of /srv/data is nearly full\n");
  }

  @Test
  void an_allow_list_lets_in_what_watches_without_an_account() throws Exception {
    unready = Optional.of("the disk of /srv/data is nearly full");
    HttpDoors doors =
        doors(users(), REQUIRED, Optional.empty(), List.of(Cidr.parse("127.0.0.0/8")), List.of());
    assertThat(get(doors, "/metrics").statusCode()).isEqualTo(200);
    assertThat(get(doors, "/readyz").body()).isEqualTo("the disk of /srv/data is nearly full\n");
    assertThat(get(doors, "/who").statusCode()).isEqualTo(401);
  }

  @Test
  void basic_and_bearer_let_in_and_calls_learn_who_it_is() throws Exception {
    HttpDoors doors = doors(users(), REQUIRED, Optional.empty());
    for (String good : List.of(basic("alice", "s3cret"), "bearer alice.s3cret")) {
      var answer = get(doors, "/who", "Authorization", good);
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).isEqualTo("alice");
    }
    for (String wrong :
        List.of(
            basic("alice", "other"),
            basic("bob", "s3cret"),
            "Bearer alice.other",
            "Bearer x",
            "Basic",
            "Basic %%%",
            "Basic YWxpY2U=",
            "Digest alice",
            "Basic " + "A".repeat(5000))) {
      assertThat(get(doors, "/who", "Authorization", wrong).statusCode()).as(wrong).isEqualTo(401);
    }
  }

  @Test
  void where_accounts_are_optional_only_those_that_are_given_are_looked_at() throws Exception {
    HttpDoors doors = doors(users(), ListenerAuth.OPTIONAL, Optional.empty());
    assertThat(get(doors, "/who").body()).isEqualTo("nobody");
    assertThat(get(doors, "/who", "Authorization", basic("alice", "s3cret")).body())
        .isEqualTo("alice");
    assertThat(get(doors, "/who", "Authorization", basic("alice", "x")).statusCode())
        .isEqualTo(401);
  }

  @Test
  void passwords_in_the_clear_are_refused_where_they_may_not_come() throws Exception {
    HttpDoors doors = doors(users(), new ListenerAuth(true, false), Optional.empty());
    assertThat(get(doors, "/who", "Authorization", basic("alice", "s3cret")).statusCode())
        .isEqualTo(403);
    assertThat(get(doors, "/healthz").statusCode()).isEqualTo(200);
  }

  @Test
  void too_many_failures_are_429_and_an_application_that_is_away_503() throws Exception {
    try (HookServer server = new HookServer(HookServer.status(401))) {
      HttpDoors doors =
          doors(
              Keys.access(Optional.empty(), Optional.of(server.config("/", PATIENCE))),
              REQUIRED,
              Optional.empty());
      server.answer(HookServer.status(503));
      var away = get(doors, "/who", "Authorization", basic("a", "x"));
      assertThat(away.statusCode()).isEqualTo(503);
      assertThat(away.headers().firstValue("Retry-After")).isPresent();
      server.answer(HookServer.status(401));
      for (int i = 0; i < 20; i++) {
        assertThat(get(doors, "/who", "Authorization", basic("a" + i, "x")).statusCode())
            .isEqualTo(401);
      }
      var limited = get(doors, "/who", "Authorization", basic("a", "y"));
      assertThat(limited.statusCode()).isEqualTo(429);
      assertThat(Integer.parseInt(limited.headers().firstValue("Retry-After").orElseThrow()))
          .isBetween(1, 601);
      assertThat(server.asked).allMatch(asked -> asked.uri().equals("/?transport=HTTP"));
    }
  }

  @Test
  void clients_of_a_proxy_are_told_apart_by_what_it_says_of_them() throws Exception {
    try (HookServer server = new HookServer(HookServer.status(401))) {
      HttpDoors doors =
          doors(
              Keys.access(Optional.empty(), Optional.of(server.config("/", PATIENCE)), 3, 100),
              ListenerAuth.OPTIONAL,
              Optional.empty(),
              List.of(),
              List.of(Cidr.parse("127.0.0.1/32"), Cidr.parse("198.51.100.0/24")));
      String wayOfOne = "203.0.113.%d, 192.0.2.1, 198.51.100.7";
      for (int i = 0; i < 3; i++) {
        assertThat(guess(doors, wayOfOne.formatted(i)).statusCode()).isEqualTo(401);
      }
      assertThat(guess(doors, wayOfOne.formatted(9)).statusCode()).isEqualTo(429);
      assertThat(guess(doors, "192.0.2.1").statusCode()).isEqualTo(429);
      assertThat(guess(doors, "192.0.2.2").statusCode()).isEqualTo(401);
      assertThat(get(doors, "/where", FORWARDED, "192.0.2.1", FORWARDED, "192.0.2.2").body())
          .isEqualTo("192.0.2.2");
      assertThat(get(doors, "/where", FORWARDED, "2001:db8::1").body())
          .isEqualTo("2001:db8:0:0:0:0:0:1");
      for (String nobody : List.of("unknown", "", "x, y", "198.51.100.1")) {
        assertThat(get(doors, "/where", FORWARDED, nobody).statusCode()).as(nobody).isEqualTo(200);
      }
      assertThat(get(doors, "/where").body()).isEqualTo("127.0.0.1");
    }
  }

  @Test
  void nobody_but_a_proxy_says_where_others_are() throws Exception {
    HttpDoors doors =
        doors(
            users(),
            ListenerAuth.OPTIONAL,
            Optional.empty(),
            List.of(),
            List.of(Cidr.parse("127.0.0.2/32")));
    assertThat(get(doors, "/where", FORWARDED, "192.0.2.1").body()).isEqualTo("127.0.0.1");
    HttpDoors alone = doors(users(), ListenerAuth.OPTIONAL, Optional.empty());
    assertThat(get(alone, "/where", FORWARDED, "192.0.2.1").body()).isEqualTo("127.0.0.1");
  }

  private static java.net.http.HttpResponse<String> guess(HttpDoors doors, String way)
      throws Exception {
    return get(doors, "/who", FORWARDED, way, "Authorization", basic("a" + System.nanoTime(), "x"));
  }

  @Test
  void curl_comes_by_https_and_a_changed_certificate_is_taken_over() throws Exception {
    PeerCertificate used = Keys.certificate(directory.resolve("tls"));
    HttpDoors doors =
        doors(
            users(),
            new ListenerAuth(true, false),
            Optional.of(new TlsIdentity(Keys.pem(used), follower)));
    assumeTrue(curl(doors, used, "--version") == 0, "curl does not work here");
    assertThat(curl(doors, used, "-u", "alice:s3cret")).isZero();
    assertThat(Files.readString(directory.resolve("printed"))).isEqualTo("alice");
    assertThat(curl(doors, used, "-H", "Authorization: Bearer alice.s3cret")).isZero();
    assertThat(curl(doors, used, "-u", "alice:wrong")).isEqualTo(22);
    PeerCertificate other = Keys.certificate(directory.resolve("other"));
    Files.copy(other.certificate(), used.certificate(), StandardCopyOption.REPLACE_EXISTING);
    Files.copy(other.key(), used.key(), StandardCopyOption.REPLACE_EXISTING);
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (curl(doors, other, "-u", "alice:s3cret") != 0) {
      assertThat(System.nanoTime() - deadline).isNegative();
      LockSupport.parkNanos(100_000_000);
    }
  }

  /** Status 22 is an answer of 400 and more, 60 a certificate that is not trusted. */
  private int curl(HttpDoors doors, PeerCertificate trusted, String... more) throws Exception {
    List<String> command = new java.util.ArrayList<>(List.of("curl", "-sSf", "--noproxy", "*"));
    command.addAll(List.of("--cacert", trusted.authority().toString()));
    command.addAll(List.of(more));
    command.add("https://127.0.0.1:" + doors.httpPort() + "/who");
    Process process;
    try {
      process =
          new ProcessBuilder(command)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .redirectOutput(directory.resolve("printed").toFile())
              .start();
    } catch (IOException e) {
      return -1;
    }
    if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IllegalStateException("curl did not end");
    }
    return process.exitValue();
  }
}
