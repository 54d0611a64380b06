package io.mailraft.node.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.BindableService;
import io.mailraft.api.admin.AdminGrpc;
import io.mailraft.config.AdminConfig;
import io.mailraft.config.Cidr;
import io.mailraft.config.HostPort;
import io.mailraft.config.HttpConfig;
import io.mailraft.node.access.Keepers;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Who is let in at the HTTP and admin listeners. */
class HttpDoorsTest {
  private static final Duration ANSWER_MAX = Duration.ofSeconds(20);
  private static final String LOOPBACK = "127.0.0.1";
  private static final BindableService NOTHING = new AdminGrpc.AdminImplBase() {};

  private static HttpDoors open(String http, List<Cidr> allow, String admin) throws IOException {
    return new HttpDoors(
        new HttpConfig(new HostPort(http, 0), allow),
        new AdminConfig(new HostPort(admin, 0)),
        NOTHING,
        new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
        Optional::empty,
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

  @Test
  void onLoopbackEverybodyIsServed() throws Exception {
    try (HttpDoors doors = open(LOOPBACK, List.of(), LOOPBACK)) {
      assertThat(status(doors, "/readyz")).isEqualTo(200);
      assertThat(status(doors, "/metrics")).isEqualTo(200);
    }
  }
}
