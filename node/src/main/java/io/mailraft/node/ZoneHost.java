package io.mailraft.node;

import io.mailraft.api.link.Explain;
import io.mailraft.api.link.Explained;
import io.mailraft.api.link.Reason;
import io.mailraft.config.Throttle;
import io.mailraft.config.ZoneConfig;
import io.mailraft.delivery.Appetite;
import io.mailraft.delivery.ClaimPhase;
import io.mailraft.delivery.DeliveryEngine;
import io.mailraft.delivery.SiteState;
import io.mailraft.delivery.Throttling;
import io.mailraft.delivery.ZonePlan;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.Queue;
import io.mailraft.queue.control.Assignments;
import io.mailraft.queue.control.Duties;
import io.mailraft.queue.throttle.Pace;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Zones between the queue and delivery: duties become plans, sends and appetite go the other way,
 * and delivery says what a claim waits for.
 */
final class ZoneHost implements Queue.Host, Throttling, Appetite {
  /** Most sites that an answer names. */
  private static final int SITES_MAX = 5;

  /** How often a source whose day's sends are used up is looked at. */
  private static final long NEW_DAY_SECONDS = 30;

  private final String self;
  private final Supplier<Queue> queue;
  private final Supplier<DeliveryEngine> delivery;
  private final Consumer<Duties> taken;
  private volatile Map<String, Integer> connections = Map.of();
  private final Map<Domain, Limit> limited = new ConcurrentHashMap<>();

  private record Domain(String zone, String domain) {}

  /** Of a domain no more than so many claims are of use. */
  private record Limit(int claims, Instant since) {}

  /**
   * @param self name of this node
   * @param queue not asked before it is started
   * @param delivery not asked before the queue is started
   * @param taken hears of duties once delivery has them
   */
  ZoneHost(
      String self,
      Supplier<Queue> queue,
      Supplier<DeliveryEngine> delivery,
      Consumer<Duties> taken) {
    this.self = self;
    this.queue = queue;
    this.delivery = delivery;
    this.taken = taken;
  }

  @Override
  public void obey(Duties duties) {
    Map<String, ZonePlan> plans = new HashMap<>();
    duties.settings().zones().forEach((name, zone) -> plans.put(name, plan(duties, zone)));
    connections = duties.connections();
    delivery.get().zones(plans);
    taken.accept(duties);
  }

  private ZonePlan plan(Duties duties, ZoneConfig zone) {
    Optional<Assignments.Share> share = duties.assignments().share(zone.name(), self);
    return new ZonePlan(
        zone,
        duties.connections().getOrDefault(zone.name(), 0),
        share.map(Assignments.Share::sources).orElse(List.of()),
        duties.settings().throttles(),
        duties.part()::applyAsInt,
        duties.settings().blocklistPause());
  }

  @Override
  public boolean obeyed() {
    return connections.entrySet().stream().allMatch(zone -> open(zone.getKey()) <= zone.getValue());
  }

  private int open(String zone) {
    return delivery.get().sites(zone).stream().mapToInt(SiteState::connections).sum();
  }

  @Override
  public int take(List<String> counters, int most) {
    return queue.get().sends().take(today(counters), most);
  }

  @Override
  public void await(List<String> counters, int sends, Runnable room) {
    List<String> dated = today(counters);
    if (dated.equals(counters)) {
      queue.get().sends().await(counters, sends, room);
      return;
    }
    // A day's sends may be used up: the next day has another counter.
    AtomicBoolean called = new AtomicBoolean();
    Runnable once =
        () -> {
          if (called.compareAndSet(false, true)) {
            room.run();
          }
        };
    queue.get().sends().await(dated, sends, once);
    CompletableFuture.delayedExecutor(NEW_DAY_SECONDS, TimeUnit.SECONDS)
        .execute(
            () -> {
              if (!called.get()) {
                queue.get().sends().forget(dated);
                once.run();
              }
            });
  }

  /** The counters with those of warm-ups dated. */
  private static List<String> today(List<String> counters) {
    for (String counter : counters) {
      if (counter.startsWith(Throttle.WARM_UP)) {
        // Wall clock: a day is what people call one; the leader checks it by its own.
        Instant now = Instant.now();
        return counters.stream()
            .map(each -> each.startsWith(Throttle.WARM_UP) ? Pace.dated(each, now) : each)
            .toList();
      }
    }
    return counters;
  }

  @Override
  public void wants(String zone, int claims) {
    queue.get().wants(zone, claims);
  }

  @Override
  public void limits(String zone, String domain, int claims) {
    limited.compute(
        new Domain(zone, domain),
        // Wall clock: only shown to people.
        (key, before) -> new Limit(claims, before == null ? Instant.now() : before.since()));
    queue.get().limits(zone, domain, claims);
  }

  @Override
  public void frees(String zone, String domain) {
    limited.remove(new Domain(zone, domain));
    queue.get().frees(zone, domain);
  }

  @Override
  public CompletableFuture<Explained> explain(Explain question) {
    MessageId id = MessageId.of(question.getId());
    return delivery
        .get()
        .phase(id.toString(), question.getSeq())
        .thenApply(
            phase -> {
              Explained.Builder said = Explained.newBuilder();
              phase.ifPresent(known -> said.addReasons(reason(known)));
              Limit limit = limited.get(new Domain(question.getZone(), question.getDomain()));
              if (phase.isEmpty() && limit != null) {
                said.addReasons(
                    reason(
                        "limited",
                        "can use "
                            + limit.claims()
                            + " deliveries for "
                            + question.getDomain()
                            + " at a time",
                        limit.since()));
                delivery.get().sites(question.getZone()).stream()
                    .filter(site -> site.waiting() > 0)
                    .filter(site -> !(site.phase() instanceof SiteState.Ready))
                    .limit(SITES_MAX)
                    .forEach(site -> said.addReasons(reason(site)));
              }
              return said.build();
            });
  }

  private static Reason reason(ClaimPhase phase) {
    String where =
        (phase.source().isEmpty() ? "" : " from " + phase.source())
            + (phase.host().isEmpty() ? "" : " to " + phase.host());
    return reason(
        phase.step().name().toLowerCase(Locale.ROOT).replace('_', ' '),
        phase.detail() + where,
        phase.since());
  }

  private static Reason reason(SiteState site) {
    return reason(
        "site " + site.site(),
        site.phase().text()
            + ", from "
            + site.source()
            + ", "
            + site.connections()
            + " of "
            + site.window()
            + " connections, "
            + site.waiting()
            + " waiting",
        site.phase().since());
  }

  private static Reason reason(String phase, String detail, Instant since) {
    // Wall clock: only shown to people.
    Duration lasting = Duration.between(since, Instant.now());
    return Reason.newBuilder()
        .setPhase(phase)
        .setDetail(detail)
        .setForMillis(Math.max(0, lasting.toMillis()))
        .build();
  }
}
