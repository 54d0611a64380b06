package io.mailraft.node.http;

import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServerBuilder;
import io.grpc.BindableService;
import io.mailraft.config.AdminConfig;
import io.mailraft.config.HostPort;
import io.mailraft.config.HttpConfig;
import io.mailraft.node.access.Keepers;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The HTTP listener and the admin listener, both open. */
public final class HttpDoors implements AutoCloseable {
  /** Answers of one listener that may wait at once. */
  private static final int ANSWERING_MAX = 64;

  private final Server http;
  private final Server admin;

  /**
   * Binds both listeners.
   *
   * @param unready why mail cannot be accepted; empty where it can
   * @param keepers whom the HTTP listener asks who may come
   * @param routes adds further calls to the HTTP listener
   * @throws IOException if an address cannot be bound; the message names it
   * @throws IllegalArgumentException if a listener would serve everyone; the settings are refused
   *     for that before, with their line
   */
  public HttpDoors(
      HttpConfig httpConfig,
      AdminConfig adminConfig,
      BindableService adminService,
      PrometheusMeterRegistry metrics,
      Supplier<Optional<String>> unready,
      Keepers keepers,
      Consumer<ServerBuilder> routes)
      throws IOException {
    HttpListener listener = new HttpListener(httpConfig, keepers);
    refuseOpen("HTTP", httpConfig.listen(), listener.isClosed());
    refuseOpen("admin", adminConfig.listen(), false);
    this.http = listener.server(metrics, unready, routes);
    this.admin = AdminListener.server(adminConfig, adminService);
    try {
      start(http, httpConfig.listen());
      start(admin, adminConfig.listen());
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  private static void refuseOpen(String door, HostPort listen, boolean closed) {
    if (!listen.isLoopback() && !closed) {
      throw new IllegalArgumentException(
          "the "
              + door
              + " listener at "
              + listen
              + " is beyond loopback and would serve everyone");
    }
  }

  private static void start(Server server, HostPort address) throws IOException {
    try {
      server.start().join();
    } catch (CompletionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new IOException("cannot listen on " + address + ": " + cause.getMessage(), e);
    }
  }

  /** Virtual threads for answers that wait: for a disk, for other nodes. */
  static ScheduledExecutorService answering(String name) {
    return Executors.newScheduledThreadPool(
        ANSWERING_MAX, Thread.ofVirtual().name(name, 0).factory());
  }

  /** A line of text, for whoever is no client of an API. */
  static HttpResponse text(HttpStatus status, String text) {
    return HttpResponse.of(status, MediaType.PLAIN_TEXT_UTF_8, text + "\n");
  }

  /** Bound port of the HTTP listener. */
  public int httpPort() {
    return port(http);
  }

  /** Open connections of the HTTP listener. */
  public int connections() {
    return http.numConnections();
  }

  /** Bound port of the admin listener. */
  public int adminPort() {
    return port(admin);
  }

  /** Not the server's own active local port: that is one of loopback or of all addresses only. */
  private static int port(Server server) {
    return Optional.ofNullable(server.activePort())
        .map(bound -> bound.localAddress().getPort())
        .orElseThrow(() -> new IllegalStateException("the listener is not open"));
  }

  /** Begins to close both; Netty's threads take two quiet seconds to end. */
  public CompletableFuture<Void> closeAsync() {
    return CompletableFuture.allOf(http.closeAsync(), admin.closeAsync());
  }

  @Override
  public void close() {
    closeAsync().join();
  }
}
