package io.mailraft.delivery;

import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way out: takes claims and tries to deliver them, each with exactly one outcome.
 *
 * <p>All methods may be called from any thread, and none blocks but {@link #close}.
 */
public final class DeliveryEngine implements Brakes, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DeliveryEngine.class);
  private static final int LOOPS_MAX = 4;
  private static final Duration SHUTDOWN_MAX = Duration.ofSeconds(2);
  private static final Reply UNKNOWN_ZONE = Reply.of(451, "4.3.5", "The zone is not known here");
  private static final Reply DEFECT = Reply.of(451, "4.3.0", "Internal error");
  private static final Reply STOPPING = Reply.of(451, "4.3.2", "This node is stopping");

  private final ZoneDispatch.Shared shared;
  private final EventLoopGroup loops;
  private final ExecutorService background;
  private final Outcomes outcomes;
  private final Object lock = new Object();
  private final List<ZoneDispatch> retired = new ArrayList<>();
  private volatile Map<String, ZoneDispatch> zones = Map.of();
  private boolean stopping;
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();

  /**
   * Starts without zones, see {@link #zones}.
   *
   * @param throttling where the right to send is taken from, for zones and sites with a rate
   * @param appetite hears how many claims can be used
   * @throws IllegalStateException if the JDK lacks TLS
   */
  public DeliveryEngine(
      DeliverySettings settings,
      Bodies bodies,
      Lease lease,
      Outcomes outcomes,
      Throttling throttling,
      Appetite appetite,
      MeterRegistry registry) {
    this.outcomes = outcomes;
    this.loops =
        new MultiThreadIoEventLoopGroup(
            Math.clamp(Runtime.getRuntime().availableProcessors(), 1, LOOPS_MAX),
            new DefaultThreadFactory("delivery", true),
            NioIoHandler.newFactory());
    this.background =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("delivery-dns-", 0).factory());
    Dns dns = new Dns(settings.dns(), background);
    Sources sources = new Sources(settings.localAddresses());
    Meters meters = new Meters(registry);
    Endings endings = new Endings(settings.delivery(), outcomes, meters);
    this.shared =
        new ZoneDispatch.Shared(
            new Routes(dns, settings.helo()),
            new Dial.Equipment(
                settings.delivery(),
                new Addresses(dns, sources, settings.loopbackMx()),
                sources,
                new Troubles(),
                tls()),
            new Transaction.Shipping(bodies, lease, endings, new ReceivedHeader(settings.helo())),
            meters,
            loops,
            new SendLines(throttling, loops),
            new ConnectionLimits(loops),
            new Standings(),
            appetite,
            settings.helo());
  }

  /**
   * TLS without any check of the other side. Opportunistic encryption (RFC 3207 6) keeps out who
   * only listens; to refuse a certificate would mean to send the same mail in clear.
   */
  private static SslContext tls() {
    try {
      return SslContextBuilder.forClient()
          .trustManager(InsecureTrustManagerFactory.INSTANCE)
          .endpointIdentificationAlgorithm("")
          .build();
    } catch (SSLException e) {
      throw new IllegalStateException("no TLS", e);
    }
  }

  /**
   * Takes over the zones as they are to be from here on, by their names. Connections in use stay,
   * where the plan lets them, and transactions that have begun end. Waiting claims of a zone that
   * is gone, or that this node has no part of, are returned.
   */
  public void zones(Map<String, ZonePlan> fresh) {
    List<ZoneDispatch> removed = new ArrayList<>();
    synchronized (lock) {
      if (stopping) {
        return;
      }
      Map<String, ZoneDispatch> next = new HashMap<>();
      fresh.forEach(
          (name, plan) -> {
            ZoneDispatch zone = zones.get(name);
            if (zone == null) {
              List<ZoneDispatch> before =
                  retired.stream().filter(one -> one.name().equals(name)).toList();
              zone = new ZoneDispatch(plan, shared, before);
              shared.meters().watch(zone);
            } else {
              zone.update(plan);
            }
            next.put(name, zone);
          });
      zones.forEach(
          (name, zone) -> {
            if (!next.containsKey(name)) {
              removed.add(zone);
            }
          });
      retired.removeIf(zone -> zone.open() == 0 && zone.connections() == 0);
      retired.addAll(removed);
      zones = Map.copyOf(next);
      shared.meters().keep(next.keySet());
    }
    for (ZoneDispatch zone : removed) {
      var _ = zone.stop();
    }
  }

  /**
   * Whether no more connections are open than the zones' plans allow, those of zones and sites that
   * are gone included: neither in a zone nor under a connection limit of the throttles.
   */
  public boolean within() {
    List<ZoneDispatch> all;
    Map<String, ZoneDispatch> present;
    synchronized (lock) {
      present = zones;
      all = new ArrayList<>(present.values());
      all.addAll(retired);
    }
    // One plan is as good as another: throttles and parts are the same in all zones.
    Optional<ZonePlan> plan = present.values().stream().findFirst().map(ZoneDispatch::plan);
    return all.stream().allMatch(ZoneDispatch::within)
        && shared.limits().open().entrySet().stream()
            .allMatch(
                limit ->
                    limit.getValue()
                        <= plan.map(one -> one.part(limit.getKey()))
                            .orElse(OptionalInt.empty())
                            .orElse(Integer.MAX_VALUE));
  }

  /**
   * Takes claims that this node holds. Each will have exactly one outcome, at once if its zone is
   * not known.
   */
  public void offer(List<Claim> claims) {
    Map<String, ZoneDispatch> known = zones;
    Map<String, List<Claim>> byZone = new HashMap<>();
    for (Claim claim : claims) {
      byZone.computeIfAbsent(claim.zone(), name -> new ArrayList<>()).add(claim);
    }
    byZone.forEach(
        (name, some) -> {
          ZoneDispatch zone = known.get(name);
          if (zone != null) {
            offer(zone, some);
          } else {
            giveBack(some, stopped.isDone() ? STOPPING : UNKNOWN_ZONE);
          }
        });
  }

  private void offer(ZoneDispatch zone, List<Claim> some) {
    Runnable onward;
    try {
      onward = zone.take(some);
    } catch (RuntimeException e) {
      // Those of other zones are taken: all are, or the leader would hand them out again.
      LOG.error("{} claims of zone {} go back", some.size(), zone.name(), e);
      giveBack(some, DEFECT);
      return;
    }
    try {
      onward.run();
    } catch (RuntimeException e) {
      LOG.error("claims of zone {} are stuck on their way to a site", zone.name(), e);
    }
  }

  private void giveBack(List<Claim> some, Reply reason) {
    some.forEach(claim -> outcomes.report(new Outcome.Returned(claim, reason.text())));
  }

  /** Claims of a zone taken and without an outcome. */
  public int open(String zone) {
    ZoneDispatch dispatch = zones.get(zone);
    return dispatch == null ? 0 : dispatch.open();
  }

  /**
   * How a zone's mail goes: one entry for each site and source that it has to do with now; empty
   * for an unknown zone.
   */
  public List<SiteState> sites(String zone) {
    ZoneDispatch dispatch = zones.get(zone);
    return dispatch == null ? List.of() : dispatch.states();
  }

  /** What becomes of a domain's claims in a zone; empty for an unknown zone. */
  public Optional<Outlook> outlook(String zone, String domain) {
    return Optional.ofNullable(zones.get(zone)).map(dispatch -> dispatch.outlook(domain));
  }

  /**
   * Who has the connections under a limit, the most first.
   *
   * @param limit as {@link SiteState.ConnectionsFull} names it
   */
  public List<ConnectionUse> users(String limit) {
    boolean whole = limit.startsWith(SiteState.ZONE_LIMIT);
    return zones.entrySet().stream()
        .filter(zone -> !whole || limit.equals(SiteState.ZONE_LIMIT + zone.getKey()))
        .flatMap(
            zone -> zone.getValue().users(whole ? Optional.empty() : Optional.of(limit)).stream())
        .sorted(Comparator.comparingInt(ConnectionUse::connections).reversed())
        .toList();
  }

  /** What a claim is doing; empty if it is not held here, or its attempt ends in this moment. */
  public CompletableFuture<Optional<ClaimPhase>> phase(String messageId, int seq) {
    List<ZoneDispatch> all = new ArrayList<>(zones.values());
    synchronized (lock) {
      // What is under way ends though the document has the zone no more.
      all.addAll(retired);
    }
    for (ZoneDispatch zone : all) {
      Optional<CompletableFuture<Optional<ClaimPhase>>> phase = zone.phase(messageId, seq);
      if (phase.isPresent()) {
        return phase.get();
      }
    }
    return CompletableFuture.completedFuture(Optional.empty());
  }

  @Override
  public void slowDown(String zone, String site) {
    ZoneDispatch dispatch = zones.get(zone);
    if (dispatch != null) {
      dispatch.slowDown(site);
    }
  }

  /**
   * Starts no more attempts, lets transactions that have begun end within the time, and returns all
   * other claims. When the future is done, every claim ever offered has its outcome.
   */
  public CompletableFuture<Void> stop(Duration time) {
    List<ZoneDispatch> all;
    synchronized (lock) {
      if (stopping) {
        return stopped;
      }
      stopping = true;
      all = new ArrayList<>(zones.values());
      all.addAll(retired);
    }
    CompletableFuture<?> drained =
        CompletableFuture.allOf(
            all.stream().map(ZoneDispatch::stop).toArray(CompletableFuture<?>[]::new));
    var _ =
        loops.schedule(
            () -> all.forEach(ZoneDispatch::abandon), time.toNanos(), TimeUnit.NANOSECONDS);
    var _ =
        drained.whenComplete(
            (none, thrown) ->
                loops
                    .shutdownGracefully(0, SHUTDOWN_MAX.toMillis(), TimeUnit.MILLISECONDS)
                    .addListener(
                        done -> {
                          background.shutdown();
                          stopped.complete(null);
                        }));
    return stopped;
  }

  /** Stops at once and waits for it. */
  @Override
  public void close() {
    stop(Duration.ZERO).join();
  }
}
