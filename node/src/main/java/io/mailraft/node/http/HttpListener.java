package io.mailraft.node.http;

import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.server.ClientAddressSource;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ProxiedAddresses;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServerTlsConfig;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.mailraft.config.Cidr;
import io.mailraft.config.HttpConfig;
import io.mailraft.node.access.Keepers;
import io.mailraft.node.access.TlsIdentity;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The server of the HTTP listener: who may come, what a load balancer and a monitor ask, and the
 * calls that are registered with it.
 */
final class HttpListener {
  private static final MediaType METRICS =
      MediaType.parse("text/plain; version=0.0.4; charset=utf-8");

  private static final String ALIVE = "/healthz";
  private static final String READY = "/readyz";
  private static final String SCRAPE = "/metrics";
  private static final int CONNECTIONS_MAX = 4096;

  /** A stop waits for requests that are being served, and then for no more of them this long. */
  private static final Duration QUIET = Duration.ofMillis(50);

  private static final Duration REQUESTS_GRACE = Duration.ofSeconds(3);

  private final HttpConfig config;
  private final Keepers keepers;

  /**
   * Whether accounts alone tell who may come. Whoever has none learns no more then than a load
   * balancer must know.
   */
  private final boolean strangersCome;

  HttpListener(HttpConfig config, Keepers keepers) {
    this.config = config;
    this.keepers = keepers;
    this.strangersCome = asksWho() && config.allow().isEmpty();
  }

  private boolean asksWho() {
    return config.auth().required() && keepers.gate().isPresent();
  }

  /** Whether it serves less than everyone. */
  boolean isClosed() {
    return asksWho() || !config.allow().isEmpty();
  }

  /**
   * The server, which is not started.
   *
   * @param unready why mail cannot be accepted; empty where it can
   * @param routes adds further calls
   */
  Server server(
      PrometheusMeterRegistry metrics,
      Supplier<Optional<String>> unready,
      Consumer<ServerBuilder> routes) {
    ServerBuilder server =
        Server.builder()
            .meterRegistry(new CompositeMeterRegistry())
            // Bodies are streamed: size and time are watched by whoever reads them.
            .maxRequestLength(0)
            .requestTimeoutMillis(0)
            .maxNumConnections(CONNECTIONS_MAX)
            .gracefulShutdownTimeout(QUIET, REQUESTS_GRACE)
            .disableServerHeader()
            .blockingTaskExecutor(HttpDoors.answering("http-"), true)
            .errorHandler(new JsonErrors())
            .clientAddressSources(ClientAddressSource.ofHeader(HttpHeaderNames.X_FORWARDED_FOR))
            .clientAddressTrustedProxyFilter(this::isProxy)
            .clientAddressMapper(this::client);
    bind(server);
    guard(server);
    server
        .service(ALIVE, (context, request) -> HttpDoors.text(HttpStatus.OK, "alive"))
        .service(READY, (context, request) -> later(context, () -> readiness(unready.get())))
        .service(
            SCRAPE,
            (context, request) ->
                later(context, () -> HttpResponse.of(HttpStatus.OK, METRICS, metrics.scrape())));
    routes.accept(server);
    return server.build();
  }

  private void bind(ServerBuilder server) {
    InetSocketAddress address = config.listen().toSocketAddress();
    Optional<TlsIdentity> identity = keepers.identity();
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

  /** What is added last is asked first: its own name, the allow list, then who it is. */
  private void guard(ServerBuilder server) {
    Set<String> unasked = strangersCome ? Set.of(ALIVE, READY) : Set.of(ALIVE, READY, SCRAPE);
    keepers.gate().ifPresent(gate -> server.decorator(new WhoAsks(gate, config.auth(), unasked)));
    server.decorator(this::allowed);
    if (config.listen().isLoopback()) {
      server.decorator(new OwnHost());
    }
  }

  private HttpResponse allowed(
      HttpService delegate, ServiceRequestContext context, HttpRequest request) throws Exception {
    return config.allow().isEmpty() || isOf(config.allow(), context.clientAddress())
        ? delegate.serve(context, request)
        : JsonErrors.answer(
            context.path(), HttpStatus.FORBIDDEN, "this address is not on the allow list");
  }

  private HttpResponse readiness(Optional<String> trouble) {
    return trouble
        .map(reason -> strangersCome ? "not ready" : reason)
        .map(reason -> HttpDoors.text(HttpStatus.SERVICE_UNAVAILABLE, reason))
        .orElseGet(() -> HttpDoors.text(HttpStatus.OK, "ready"));
  }

  /** An answer that looks at the disk, so not on the event loop. */
  private static HttpResponse later(ServiceRequestContext context, Supplier<HttpResponse> answer) {
    return HttpResponse.of(
        CompletableFuture.supplyAsync(answer, context.blockingTaskExecutor().withoutContext()));
  }

  private static boolean isOf(List<Cidr> networks, InetAddress address) {
    return networks.stream().anyMatch(network -> network.contains(address));
  }

  private boolean isProxy(InetAddress address) {
    return isOf(config.proxies(), address);
  }

  /**
   * Whom the proxies name as their client: the last on the way who is none of them, since all
   * before is what that one wrote.
   */
  private InetSocketAddress client(ProxiedAddresses way) {
    List<InetSocketAddress> hops = new ArrayList<>(way.destinationAddresses());
    hops.addFirst(way.sourceAddress());
    return hops.reversed().stream()
        .filter(hop -> !isProxy(hop.getAddress()))
        .findFirst()
        .orElse(way.sourceAddress());
  }
}
