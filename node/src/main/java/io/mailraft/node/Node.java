package io.mailraft.node;

import io.mailraft.api.log.NodeAddresses;
import io.mailraft.config.ClusterYaml;
import io.mailraft.config.HostPort;
import io.mailraft.config.MailraftConfig;
import io.mailraft.config.SmtpConfig;
import io.mailraft.delivery.DeliveryEngine;
import io.mailraft.delivery.DeliverySettings;
import io.mailraft.node.access.Access;
import io.mailraft.node.admin.AdminService;
import io.mailraft.node.heap.HeapBudget;
import io.mailraft.node.http.HttpApi;
import io.mailraft.node.http.HttpDoors;
import io.mailraft.node.log.Logs;
import io.mailraft.node.smtp.SmtpFrontDoor;
import io.mailraft.node.watch.WatchedUploads;
import io.mailraft.queue.Queue;
import io.mailraft.queue.QueueSettings;
import io.mailraft.queue.Uploads;
import io.mailraft.queue.control.Duties;
import io.mailraft.router.Addresses;
import io.mailraft.router.Router;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One node of the cluster, put together: front doors, queue, delivery, admin. */
final class Node implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Node.class);

  /** Parts of an orderly stop, together under 10 s. */
  private static final Duration SESSIONS_GRACE = Duration.ofSeconds(3);

  private static final Duration DELIVERY_GRACE = Duration.ofSeconds(3);
  private static final Duration REPORT_GRACE = Duration.ofSeconds(2);
  private static final Duration LEADERSHIP_GRACE = Duration.ofSeconds(1);

  private final MailraftConfig config;
  private final PrometheusMeterRegistry metrics =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Queue queue;
  private final DeliveryEngine delivery;
  private final NodeMeters meters;
  private final List<SmtpFrontDoor> smtp = new ArrayList<>();
  private final DataLock dataLock;
  private final Access access;
  private Optional<HttpDoors> http = Optional.empty();
  private final CompletableFuture<Void> obeying = new CompletableFuture<>();
  private final HttpApi api;
  private volatile long documentVersion;
  private volatile Set<String> suspendedZones = Set.of();
  private volatile Router router;

  /**
   * Opens the data directory.
   *
   * @param logs where it logs to
   * @param broken hears, once, of trouble after which the process must end
   * @throws IOException if the data directory, the users file or a certificate cannot be used
   */
  Node(MailraftConfig config, InstantSource clock, Logs logs, Consumer<Throwable> broken)
      throws IOException {
    this.config = config;
    this.router = new Router(config.zones(), Set.of());
    this.access = new Access(config.access());
    Files.createDirectories(config.node().dataDir());
    this.dataLock = DataLock.take(config.node().dataDir());
    String helo = config.delivery().helo().orElse(config.smtp().getFirst().hostname());
    ZoneHost zones = new ZoneHost(config.node().id(), this::queue, this::delivery, this::obey);
    this.queue =
        new Queue(
            settings(config),
            clock,
            claimed -> delivery().offer(Handover.claims(claimed)),
            zones,
            broken);
    Handover handover = new Handover(queue);
    this.delivery =
        new DeliveryEngine(
            new DeliverySettings(
                config.delivery(), config.dns(), config.node().addresses(), helo, false),
            handover,
            queue::leaseAlive,
            handover,
            zones,
            zones,
            metrics);
    this.meters = new NodeMeters(metrics, queue, delivery::sites, logs::dropped, clock);
    Uploads uploads = new WatchedUploads(queue, meters::accepted, System::nanoTime);
    HeapBudget heap = HeapBudget.ofHeap();
    this.api =
        new HttpApi(config, queue, uploads, this::router, clock, metrics, heap, access.hook());
    for (SmtpConfig listener : config.smtp()) {
      smtp.add(
          new SmtpFrontDoor(
              listener,
              uploads,
              submission -> router().route(submission),
              Addresses::domainOf,
              config.node().id(),
              clock,
              meters.smtp(listener.name()),
              access.keepers(listener.tls()),
              heap));
    }
  }

  private Router router() {
    return router;
  }

  private Queue queue() {
    return queue;
  }

  private DeliveryEngine delivery() {
    return delivery;
  }

  /** What the queue of a node with this config is made of. */
  static QueueSettings settings(MailraftConfig config) {
    return new QueueSettings(
        config.node(),
        config.cluster(),
        config.queue(),
        addresses(config),
        ClusterYaml.format(config.document()));
  }

  private static NodeAddresses addresses(MailraftConfig config) {
    return NodeAddresses.newBuilder()
        .addAllSources(config.node().addresses().stream().map(InetAddress::getHostAddress).toList())
        .setAdmin(config.admin().listen().toString())
        .setHttp(config.http().listen().toString())
        .addAllSmtp(config.smtp().stream().map(listener -> listener.listen().toString()).toList())
        .setVersion(Version.text())
        .build();
  }

  /**
   * Starts everything, and returns once mail is accepted.
   *
   * @return one line that says where the node listens
   * @throws IOException if an address cannot be bound
   * @throws InterruptedException if the start was interrupted
   */
  String start() throws IOException, InterruptedException {
    queue.start();
    HttpDoors doors =
        new HttpDoors(
            config.http(),
            config.admin(),
            new AdminService(config, Version.text(), queue, this::router, access::trustsRouting),
            metrics,
            queue::unready,
            access.keepers(config.http().tls()),
            api::register);
    http = Optional.of(doors);
    meters.http(doors::connections);
    try {
      queue.joined().get();
      obeying.get();
    } catch (ExecutionException e) {
      throw new IOException("this node cannot join its cluster: " + e.getCause(), e);
    }
    for (SmtpFrontDoor door : smtp) {
      door.start();
    }
    api.open();
    return "mailraft "
        + config.node().id()
        + " ready: "
        + smtp.stream()
            .map(
                door ->
                    "SMTP "
                        + door.address().getAddress().getHostAddress()
                        + ":"
                        + door.address().getPort())
            .collect(Collectors.joining(", "))
        + ", HTTP "
        + new HostPort(config.http().listen().host(), doors.httpPort())
        + ", admin "
        + new HostPort(config.admin().listen().host(), doors.adminPort())
        + ", Raft "
        + config.cluster().peers().get(config.node().id());
  }

  /** Takes over what the cluster has agreed on, once delivery has. Called on one thread. */
  private void obey(Duties duties) {
    Set<String> suspended = duties.suspensions().keySet();
    if (duties.version() != documentVersion || !suspended.equals(suspendedZones)) {
      documentVersion = duties.version();
      suspendedZones = Set.copyOf(suspended);
      router = new Router(duties.settings().zones(), suspended);
      meters.zones(duties.settings().zones().keySet());
    }
    obeying.complete(null);
  }

  /**
   * Stops in order: no new sessions; attempts that have begun end, other claims go back; outcomes
   * reach the shards; leadership goes to another node.
   */
  @Override
  public void close() {
    api.endStreams();
    CompletableFuture<Void> doors =
        http.map(HttpDoors::closeAsync).orElseGet(() -> CompletableFuture.completedFuture(null));
    try {
      queue.stopAccepting();
      // Under way at the same time: a session that waits for the queue does not need delivery.
      var stopped = delivery.stop(DELIVERY_GRACE);
      long sessionsEnd = System.nanoTime() + SESSIONS_GRACE.toNanos();
      for (SmtpFrontDoor door : smtp) {
        var _ = door.stopAccepting(Duration.ZERO); // All at once, so that they share the time.
      }
      for (SmtpFrontDoor door : smtp) {
        if (!door.stopAccepting(Duration.ofNanos(sessionsEnd - System.nanoTime()))) {
          log.warn("some SMTP sessions did not end in time");
        }
        door.close();
      }
      stopped.join();
      if (!queue.awaitConfirmed(REPORT_GRACE)) {
        log.warn("{} outcomes stay in the journal", queue.unconfirmedOutcomes());
      }
      queue.handOverLeadership(LEADERSHIP_GRACE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    queue.close();
    doors.join();
    api.close();
    access.close();
    metrics.close();
    dataLock.close();
  }
}
