package io.mailraft.node.http.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.server.Server;
import io.mailraft.node.access.Account;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How requests are served beside each other, and how answers end that cannot be finished. */
class CallsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int PLACES = 4;
  private static final Pattern LENGTH =
      Pattern.compile("\r\ncontent-length: (\\d+)\r\n", Pattern.CASE_INSENSITIVE);

  private final AtomicInteger reading = new AtomicInteger();
  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private int port;

  @BeforeEach
  void start() {
    Calls calls = new Calls(PLACES, PATIENCE, PATIENCE);
    Server server =
        Server.builder()
            .http(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0))
            .service("/read", calls.service(this::read))
            .service("/broken/{how}", calls.service(CallsTest::breakOff))
            .decorator(
                (delegate, context, request) -> {
                  String user = request.headers().get("user");
                  if (user != null) {
                    new Account(user, false).attachTo(context);
                  }
                  return delegate.serve(context, request);
                })
            .build();
    server.start().join();
    open.push(calls);
    open.push(server);
    port = server.activeLocalPort();
  }

  @AfterEach
  void close() throws Exception {
    while (!open.isEmpty()) {
      open.pop().close();
    }
  }

  private void read(Exchange exchange) throws IOException {
    reading.incrementAndGet();
    try {
      long bytes = exchange.body().readAllBytes().length;
      exchange.json(HttpStatus.OK, json -> json.writeNumber(bytes));
    } finally {
      reading.decrementAndGet();
    }
  }

  private static void breakOff(Exchange exchange) throws IOException {
    exchange.jsonStream(
        json -> {
          json.writeStartArray();
          for (int i = 0; i < 20_000; i++) {
            json.writeNumber(i);
          }
          switch (exchange.path("how")) {
            case "disk" -> throw new IOException("the disk is gone");
            case "bug" -> throw new IllegalStateException("this cannot be");
            default -> throw new StackOverflowError("too deep");
          }
        });
  }

  @ParameterizedTest
  @CsvSource({"HTTP_1_1, disk", "HTTP_2, disk", "HTTP_1_1, bug", "HTTP_1_1, deep", "HTTP_2, deep"})
  void an_answer_that_cannot_be_finished_breaks_off(HttpClient.Version version, String how) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/broken/" + how))
            .timeout(PATIENCE)
            .build();
    try (HttpClient client = HttpClient.newBuilder().version(version).build()) {
      assertThatThrownBy(() -> client.send(request, HttpResponse.BodyHandlers.ofString()))
          .isInstanceOf(IOException.class)
          .isNotInstanceOf(java.net.http.HttpTimeoutException.class);
    }
  }

  private Socket ask(String from, String method, String more, String body) throws IOException {
    Socket socket = new Socket();
    open.push(socket);
    socket.setSoTimeout((int) PATIENCE.toMillis());
    socket.bind(new InetSocketAddress(InetAddress.ofLiteral(from), 0));
    socket.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port));
    String request =
        method
            + " /read HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            + more
            + "\r\n"
            + body;
    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  /** Begins a request whose body does not come, and waits until it is being served. */
  private Socket hold(String from, String... more) throws IOException {
    int before = reading.get();
    Socket socket = ask(from, "POST", "Content-Length: 5\r\n" + String.join("", more), "a");
    await(() -> reading.get() > before);
    return socket;
  }

  private String post(String from, String... more) throws IOException {
    return answer(ask(from, "POST", "Content-Length: 5\r\n" + String.join("", more), "abcde"));
  }

  private String get(String from) throws IOException {
    return answer(ask(from, "GET", "", ""));
  }

  /** Not to the end of the connection, with which the server takes its time. */
  private static String answer(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    StringBuilder text = new StringBuilder();
    while (text.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      assertThat(next).as("the header goes on behind %s", text).isNotNegative();
      text.append((char) next);
    }
    Matcher length = LENGTH.matcher(text);
    assertThat(length.find()).as("%s", text).isTrue();
    byte[] body = in.readNBytes(Integer.parseInt(length.group(1)));
    text.append(new String(body, StandardCharsets.US_ASCII));
    assertThat(text.toString()).startsWith("HTTP/1.1 ");
    return text.substring(9);
  }

  private static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - deadline).isNegative();
      LockSupport.parkNanos(10_000_000);
    }
  }

  @Test
  void a_client_holds_half_of_the_places_at_most() throws Exception {
    Socket first = hold("127.0.0.1");
    hold("127.0.0.1");
    assertThat(post("127.0.0.1"))
        .startsWith("429 ")
        .containsIgnoringCase("\r\nretry-after: 1\r\n")
        .contains("\"code\":\"TooManyRequests\"");
    assertThat(post("127.0.0.2")).startsWith("200 ");
    first.close();
    await(() -> reading.get() == 1);
    await(
        () -> {
          try {
            return post("127.0.0.1").startsWith("200 ");
          } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
        });
  }

  @Test
  void an_account_is_one_client_wherever_it_comes_from() throws Exception {
    hold("127.0.0.1", "user: alice\r\n");
    hold("127.0.0.2", "user: Alice\r\n");
    assertThat(post("127.0.0.3", "user: ALICE\r\n")).startsWith("429 ");
    assertThat(post("127.0.0.1", "user: bob\r\n")).startsWith("200 ");
    assertThat(post("127.0.0.1")).startsWith("200 ");
  }

  @Test
  void questions_are_answered_while_bodies_have_taken_all_places() throws Exception {
    hold("127.0.0.1");
    hold("127.0.0.1");
    hold("127.0.0.2");
    hold("127.0.0.2");
    assertThat(post("127.0.0.3")).startsWith("503 ").contains("\"code\":\"Busy\"");
    assertThat(get("127.0.0.1")).startsWith("200 ");
    assertThat(get("127.0.0.3")).startsWith("200 ");
  }
}
