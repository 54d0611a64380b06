package io.mailraft.node.http;

import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.grpc.GrpcSerializationFormats;
import com.linecorp.armeria.server.ClientAddressSource;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ProxiedAddresses;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServerTlsConfig;
import com.linecorp.armeria.server.ServiceRequestContext;
import com.linecorp.armeria.server.grpc.GrpcService;
import io.grpc.BindableService;
import io.mailraft.config.AdminConfig;
import io.mailraft.config.Cidr;
import io.mailraft.config.HostPort;
import io.mailraft.config.HttpConfig;
import io.mailraft.node.access.Keepers;
import io.mailraft.node.access.TlsIdentity;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The HTTP listener and the admin listener. */
public final class HttpDoors implements AutoCloseable {
  private static final MediaType METRICS =
      MediaType.parse("text/plain; version=0.0.4; charset=utf-8");

  private static final String ALIVE = "/healthz";
  private static final String READY = "/readyz";
  private static final String SCRAPE = "/metrics";
  private static final int CONNECTIONS_MAX = 4096;

  /** Answers of one listener that may wait at once. */
  private static final int ANSWERING_MAX = 64;

  /** A stop waits for requests that are being served, and then for no more of them this long. */
  private static final Duration QUIET = Duration.ofMillis(50);

  private static final Duration REQUESTS_GRACE = Duration.ofSeconds(3);

  private final List<Server> servers = new ArrayList<>();

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
      HttpConfig http,
      AdminConfig admin,
      BindableService adminService,
      PrometheusMeterRegistry metrics,
      Supplier<Optional<String>> unready,
      Keepers keepers,
      Consumer<ServerBuilder> routes)
      throws IOException {
    refuseOpen(
        "HTTP",
        http.listen(),
        !http.allow().isEmpty() || (http.auth().required() && keepers.gate().isPresent()));
    refuseOpen("admin", admin.listen(), false);
    // Where accounts alone tell who may come, whoever has none learns no more than a load balancer
    // must know.
    boolean strangers =
        http.auth().required() && keepers.gate().isPresent() && http.allow().isEmpty();
    Set<String> unasked = strangers ? Set.of(ALIVE, READY) : Set.of(ALIVE, READY, SCRAPE);
    HttpService ready =
        (context, request) ->
            later(
                context,
                () ->
                    unready
                        .get()
                        .map(reason -> strangers ? "not ready" : reason)
                        .map(reason -> text(HttpStatus.SERVICE_UNAVAILABLE, reason))
                        .orElseGet(() -> text(HttpStatus.OK, "ready")));
    HttpService scrape =
        (context, request) ->
            later(context, () -> HttpResponse.of(HttpStatus.OK, METRICS, metrics.scrape()));
    ServerBuilder served =
        Server.builder()
            .meterRegistry(new CompositeMeterRegistry())
            // Bodies are streamed: size and time are watched by whoever reads them.
            .maxRequestLength(0)
            .requestTimeoutMillis(0)
            .maxNumConnections(CONNECTIONS_MAX)
            .gracefulShutdownTimeout(QUIET, REQUESTS_GRACE)
            .disableServerHeader()
            .blockingTaskExecutor(answering("http-"), true)
            .errorHandler(new JsonErrors())
            .service(ALIVE, (context, request) -> text(HttpStatus.OK, "alive"))
            .service(READY, ready)
            .service(SCRAPE, scrape);
    served
        .clientAddressSources(ClientAddressSource.ofHeader(HttpHeaderNames.X_FORWARDED_FOR))
        .clientAddressTrustedProxyFilter(remote -> isOf(http.proxies(), remote))
        .clientAddressMapper(way -> client(http.proxies(), way));
    listen(served, http.listen().toSocketAddress(), keepers.identity());
    // What is added last is asked first: its own name, the allow list, then who it is.
    keepers.gate().ifPresent(gate -> served.decorator(new WhoAsks(gate, http.auth(), unasked)));
    served.decorator(
        (delegate, context, request) ->
            http.allow().isEmpty() || isOf(http.allow(), context.clientAddress())
                ? delegate.serve(context, request)
                : JsonErrors.answer(
                    context.path(), HttpStatus.FORBIDDEN, "this address is not on the allow list"));
    if (http.listen().isLoopback()) {
      served.decorator(new OwnHost());
    }
    routes.accept(served);
    servers.add(served.build());
    servers.add(
        Server.builder()
            .meterRegistry(new CompositeMeterRegistry())
            .http(admin.listen().toSocketAddress())
            .service(
                GrpcService.builder()
                    .addService(adminService)
                    // Not those that pages in browsers can speak.
                    .supportedSerializationFormats(GrpcSerializationFormats.PROTO)
                    .useBlockingTaskExecutor(true)
                    .build())
            .decorator(HttpDoors::onlyHttp2)
            .decorator(new OwnHost())
            .blockingTaskExecutor(answering("admin-"), true)
            .build());
    try {
      for (Server server : servers) {
        start(server, server == servers.getFirst() ? http.listen() : admin.listen());
      }
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  /** Virtual threads for answers that wait: for a disk, for other nodes. */
  private static ScheduledExecutorService answering(String name) {
    return Executors.newScheduledThreadPool(
        ANSWERING_MAX, Thread.ofVirtual().name(name, 0).factory());
  }

  private static void listen(
      ServerBuilder server, InetSocketAddress address, Optional<TlsIdentity> identity) {
    if (identity.isEmpty()) {
      server.http(address);
      return;
    }
    server
        .https(address)
        .tlsProvider(
            identity.get().provider(),
            ServerTlsConfig.builder()
                .tlsCustomizer(tls -> tls.protocols(TlsIdentity.PROTOCOLS))
                .build());
  }

  /** GRPC is HTTP/2; no browser speaks that in the clear. */
  private static HttpResponse onlyHttp2(
      HttpService delegate, ServiceRequestContext context, HttpRequest request) throws Exception {
    return context.sessionProtocol().isMultiplex()
        ? delegate.serve(context, request)
        : text(HttpStatus.HTTP_VERSION_NOT_SUPPORTED, "this listener speaks gRPC, by HTTP/2");
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

  /** An answer that looks at the disk, so not on the event loop. */
  private static HttpResponse later(ServiceRequestContext context, Supplier<HttpResponse> answer) {
    return HttpResponse.of(
        CompletableFuture.supplyAsync(answer, context.blockingTaskExecutor().withoutContext()));
  }

  private static HttpResponse text(HttpStatus status, String text) {
    return HttpResponse.of(status, MediaType.PLAIN_TEXT_UTF_8, text + "\n");
  }

  private static boolean isOf(List<Cidr> networks, InetAddress address) {
    return networks.stream().anyMatch(network -> network.contains(address));
  }

  /**
   * Whom the proxies name as their client: the last on the way who is none of them, since all
   * before is what that one wrote.
   */
  private static InetSocketAddress client(List<Cidr> proxies, ProxiedAddresses way) {
    List<InetSocketAddress> hops = new ArrayList<>(way.destinationAddresses());
    hops.addFirst(way.sourceAddress());
    return hops.reversed().stream()
        .filter(hop -> !isOf(proxies, hop.getAddress()))
        .findFirst()
        .orElse(way.sourceAddress());
  }

  /** Bound port of the HTTP listener. */
  public int httpPort() {
    return port(servers.getFirst());
  }

  /** Open connections of the HTTP listener. */
  public int connections() {
    return servers.getFirst().numConnections();
  }

  /** Bound port of the admin listener. */
  public int adminPort() {
    return port(servers.getLast());
  }

  /** Not the server's own active local port: that is one of loopback or of all addresses only. */
  private static int port(Server server) {
    return Optional.ofNullable(server.activePort())
        .map(bound -> bound.localAddress().getPort())
        .orElseThrow(() -> new IllegalStateException("the HTTP listener is not open"));
  }

  /** Begins to close both; Netty's threads take two quiet seconds to end. */
  public CompletableFuture<Void> closeAsync() {
    return CompletableFuture.allOf(
        servers.stream().map(Server::closeAsync).toArray(CompletableFuture<?>[]::new));
  }

  @Override
  public void close() {
    closeAsync().join();
  }
}
