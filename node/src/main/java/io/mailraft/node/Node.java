package io.mailraft.node;

import io.mailraft.api.log.NodeAddresses;
import io.mailraft.config.ConfigException;
import io.mailraft.config.HostPort;
import io.mailraft.config.MailraftConfig;
import io.mailraft.config.SmtpConfig;
import io.mailraft.config.ZoneConfig;
import io.mailraft.config.ZonesDocument;
import io.mailraft.delivery.DeliveryEngine;
import io.mailraft.delivery.DeliverySettings;
import io.mailraft.delivery.Throttling;
import io.mailraft.node.admin.AdminService;
import io.mailraft.node.http.HttpDoors;
import io.mailraft.node.smtp.SmtpFrontDoor;
import io.mailraft.queue.Queue;
import io.mailraft.queue.QueueSettings;
import io.mailraft.queue.control.ClusterDocument;
import io.mailraft.queue.control.ControlView;
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
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
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

  /** No order suspends a zone yet. */
  private static final Set<String> SUSPENDED = Set.of();

  private final MailraftConfig config;
  private final PrometheusMeterRegistry metrics =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Queue queue;
  private final WholeZones appetite = new WholeZones();
  private final DeliveryEngine delivery;
  private final NodeMeters meters;
  private final List<SmtpFrontDoor> smtp = new ArrayList<>();
  private final DataLock dataLock;
  private Optional<HttpDoors> http = Optional.empty();
  private final ExecutorService documents =
      Executors.newSingleThreadExecutor(Thread.ofVirtual().name("document").factory());
  private volatile long documentVersion;
  private volatile Router router;

  /**
   * Opens the data directory.
   *
   * @param broken hears, once, of trouble after which the process must end
   * @throws IOException if the data directory cannot be used
   */
  Node(MailraftConfig config, InstantSource clock, Consumer<Throwable> broken) throws IOException {
    this.config = config;
    this.router = new Router(config.zones(), SUSPENDED);
    Files.createDirectories(config.node().dataDir());
    this.dataLock = DataLock.take(config.node().dataDir());
    String helo = config.delivery().helo().orElse(config.smtp().getFirst().hostname());
    this.queue =
        new Queue(
            settings(config), clock, claimed -> delivery().offer(Handover.claims(claimed)), broken);
    Handover handover = new Handover(queue);
    this.delivery =
        new DeliveryEngine(
            new DeliverySettings(
                config.delivery(), config.dns(), config.node().addresses(), helo, false),
            handover,
            queue::leaseAlive,
            handover,
            Throttling.NONE,
            appetite,
            metrics);
    this.meters = new NodeMeters(metrics, queue);
    for (SmtpConfig listener : config.smtp()) {
      smtp.add(
          new SmtpFrontDoor(
              listener,
              queue,
              submission -> router().route(submission),
              Addresses::domainOf,
              config.node().id(),
              clock,
              meters.smtp(listener.name())));
    }
  }

  private Router router() {
    return router;
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
        ZonesDocument.format(config.zones()));
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
            new AdminService(config, Version.text(), queue, this::router),
            metrics,
            queue::unready);
    http = Optional.of(doors);
    try {
      queue.joined().get();
    } catch (ExecutionException e) {
      throw new IOException("this node cannot join its cluster: " + e.getCause(), e);
    }
    follow(queue.control().current().document());
    queue.control().onChange(this::followLater);
    for (SmtpFrontDoor door : smtp) {
      door.start();
    }
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

  /**
   * Called on the control group's apply thread, which must not wait until 100,000 domains are read.
   */
  private void followLater(ControlView view) {
    if (view.document().version() > documentVersion) {
      documents.execute(() -> follow(view.document()));
    }
  }

  /** Takes over the cluster document when it has changed. */
  private synchronized void follow(ClusterDocument document) {
    if (document.version() <= documentVersion) {
      return;
    }
    documentVersion = document.version();
    try {
      Map<String, ZoneConfig> zones =
          ZonesDocument.parse(document.yaml(), "cluster document " + document.version());
      router = new Router(zones, SUSPENDED);
      delivery.zones(WholeZones.plans(zones));
      queue.want(appetite.wanted());
      log.info("cluster document {} is in force: zones {}", document.version(), zones.keySet());
    } catch (ConfigException e) {
      log.error(
          "cluster document {} cannot be used, the one before it stays", document.version(), e);
    }
  }

  /**
   * Stops in order: no new sessions; attempts that have begun end, other claims go back; outcomes
   * reach the shards; leadership goes to another node.
   */
  @Override
  public void close() {
    CompletableFuture<Void> doors =
        http.map(HttpDoors::closeAsync).orElseGet(() -> CompletableFuture.completedFuture(null));
    try {
      queue.stopAccepting();
      // Under way at the same time: a session that waits for the queue does not need delivery.
      var stopped = delivery.stop(DELIVERY_GRACE);
      for (SmtpFrontDoor door : smtp) {
        if (!door.stopAccepting(SESSIONS_GRACE)) {
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
    documents.shutdownNow();
    queue.close();
    doors.join();
    metrics.close();
    dataLock.close();
  }
}
