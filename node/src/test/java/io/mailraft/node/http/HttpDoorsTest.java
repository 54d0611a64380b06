package io.mailraft.node.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.client.grpc.GrpcClients;
import io.grpc.BindableService;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.mailraft.api.admin.AdminGrpc;
import io.mailraft.api.admin.StatusRequest;
import io.mailraft.api.admin.StatusResponse;
import io.mailraft.config.AdminConfig;
import io.mailraft.config.Cidr;
import io.mailraft.config.HostPort;
import io.mailraft.config.HttpConfig;
import io.mailraft.node.access.Keepers;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Who is let in at the HTTP and admin listeners. */
class HttpDoorsTest {
  private static final Duration ANSWER_MAX = Duration.ofSeconds(20);
  private static final String LOOPBACK = "127.0.0.1";
  private static final BindableService NOTHING = new AdminGrpc.AdminImplBase() {};

  private static HttpDoors open(String http, List<Cidr> allow, String admin) throws IOException {
    return open(http, allow, admin, NOTHING, Optional::empty);
  }

  private static HttpDoors open(
      String http,
      List<Cidr> allow,
      String admin,
      BindableService service,
      Supplier<Optional<String>> unready)
      throws IOException {
    return new HttpDoors(
        new HttpConfig(new HostPort(http, 0), allow),
        new AdminConfig(new HostPort(admin, 0)),
        service,
        new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
        unready,
        Keepers.NONE,
        routes -> {});
  }

  private static int status(HttpDoors doors, String path) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client
          .send(
              HttpRequest.newBuilder(
                      URI.create("http://" + LOOPBACK + ":" + doors.httpPort() + path))
                  .timeout(ANSWER_MAX)
                  .build(),
              HttpResponse.BodyHandlers.discarding())
          .statusCode();
    }
  }

  @Test
  void aListenerBeyondLoopbackIsRefusedWithoutAnAllowList() {
    for (String everywhere : List.of("0.0.0.0", "192.0.2.1", "::", "2001:db8::1")) {
      assertThatThrownBy(() -> open(everywhere, List.of(), LOOPBACK))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("HTTP listener at")
          .hasMessageContaining("would serve everyone");
    }
  }

  @Test
  void theAdminListenerIsRefusedBeyondLoopbackWhateverIsAllowed() {
    assertThatThrownBy(() -> open(LOOPBACK, List.of(Cidr.parse("127.0.0.0/8")), "0.0.0.0"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("admin listener at")
        .hasMessageContaining("would serve everyone");
  }

  @Test
  void beyondLoopbackOnlyTheAllowListIsServed() throws Exception {
    try (HttpDoors doors = open("0.0.0.0", List.of(Cidr.parse("192.0.2.0/24")), LOOPBACK)) {
      for (String path : List.of("/healthz", "/readyz", "/metrics", "/nowhere", "/v1/messages")) {
        assertThat(status(doors, path)).as(path).isEqualTo(403);
      }
    }
    try (HttpDoors doors = open("0.0.0.0", List.of(Cidr.parse("127.0.0.0/8")), LOOPBACK)) {
      assertThat(status(doors, "/healthz")).isEqualTo(200);
    }
  }

  /** The status of a request by HTTP/1.1, written by hand: clients would not lie in Host. */
  private static int spoken(int port, String lines) throws IOException {
    try (Socket socket = new Socket(InetAddress.ofLiteral(LOOPBACK), port)) {
      socket.setSoTimeout((int) ANSWER_MAX.toMillis());
      socket
          .getOutputStream()
          .write(
              (lines.replace("\n", "\r\n") + "\r\nConnection: close\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      String answer = new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
      assertThat(answer).startsWith("HTTP/1.1 ");
      return Integer.parseInt(answer.substring(9));
    }
  }

  /** How a call ends; one that reaches the service is not implemented here. */
  private static Status.Code asked(HttpDoors doors, String format) {
    AdminGrpc.AdminBlockingStub admin =
        GrpcClients.newClient(
            format + "+h2c://" + LOOPBACK + ":" + doors.adminPort() + "/",
            AdminGrpc.AdminBlockingStub.class);
    try {
      admin.status(StatusRequest.getDefaultInstance());
      return Status.Code.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    }
  }

  @Test
  void onLoopbackNothingIsToldToAPageWhoseNameWasPointedHere() throws Exception {
    try (HttpDoors doors = open(LOOPBACK, List.of(), LOOPBACK)) {
      for (String path : List.of("/healthz", "/readyz", "/metrics", "/nowhere", "/v1/messages")) {
        String request = "GET " + path + " HTTP/1.1\nHost: ";
        assertThat(spoken(doors.httpPort(), request + "rebound.example:8080"))
            .as(path)
            .isEqualTo(403);
        assertThat(spoken(doors.httpPort(), request + "localhost:8080")).as(path).isNotEqualTo(403);
      }
    }
  }

  @Test
  void theAdminListenerSpeaksPlainGrpcAloneAndOnlyWithThisMachine() throws Exception {
    try (HttpDoors doors = open(LOOPBACK, List.of(), LOOPBACK)) {
      for (String type :
          List.of(
              "application/grpc-web+proto",
              "application/grpc-web+json",
              "application/grpc-web-text+proto",
              "application/grpc+json",
              "application/json",
              "application/grpc")) {
        String request =
            "POST /mailraft.admin.v1.Admin/Status HTTP/1.1\nContent-Length: 0\nContent-Type: "
                + type
                + "\nHost: ";
        assertThat(spoken(doors.adminPort(), request + "rebound.example")).as(type).isEqualTo(403);
        assertThat(spoken(doors.adminPort(), request + "localhost")).as(type).isEqualTo(505);
      }
      for (String format : List.of("gproto-web", "gproto-web-text")) {
        assertThat(asked(doors, format)).as(format).isNotEqualTo(Status.Code.UNIMPLEMENTED);
      }
      assertThat(asked(doors, "gproto")).isEqualTo(Status.Code.UNIMPLEMENTED);
    }
  }

  @Test
  void onLoopbackEverybodyIsServed() throws Exception {
    try (HttpDoors doors = open(LOOPBACK, List.of(), LOOPBACK)) {
      assertThat(status(doors, "/readyz")).isEqualTo(200);
      assertThat(status(doors, "/metrics")).isEqualTo(200);
    }
  }

  /** Waits until so many calls are being answered at once. */
  private static void meet(CyclicBarrier barrier) {
    try {
      barrier.await(ANSWER_MAX.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void anAnswerThatTakesItsTimeKeepsNoOtherWaiting() throws Exception {
    int calls = 20;
    CyclicBarrier asked = new CyclicBarrier(calls);
    CyclicBarrier ordered = new CyclicBarrier(calls);
    BindableService slow =
        new AdminGrpc.AdminImplBase() {
          @Override
          public void status(StatusRequest request, StreamObserver<StatusResponse> answer) {
            meet(ordered);
            answer.onNext(StatusResponse.getDefaultInstance());
            answer.onCompleted();
          }
        };
    Supplier<Optional<String>> unready =
        () -> {
          meet(asked);
          return Optional.empty();
        };
    try (HttpDoors doors = open(LOOPBACK, List.of(), LOOPBACK, slow, unready);
        ExecutorService each = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> ready =
          IntStream.range(0, calls)
              .mapToObj(_ -> each.submit(() -> status(doors, "/readyz")))
              .toList();
      List<Future<Status.Code>> orders =
          IntStream.range(0, calls)
              .mapToObj(_ -> each.submit(() -> asked(doors, "gproto")))
              .toList();
      for (Future<Integer> answer : ready) {
        assertThat(answer.get()).isEqualTo(200);
      }
      for (Future<Status.Code> answer : orders) {
        assertThat(answer.get()).isEqualTo(Status.Code.OK);
      }
    }
  }
}
