package io.mailraft.node;

import io.mailraft.api.link.Explain;
import io.mailraft.api.link.Explained;
import io.mailraft.api.link.Reason;
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
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Zones between the queue and delivery: duties become plans, sends and appetite go the other way,
 * and delivery says what a claim waits for.
 */
final class ZoneHost implements Queue.Host, Throttling, Appetite {
  private final String self;
  private final Supplier<Queue> queue;
  private final Supplier<DeliveryEngine> delivery;
  private final Consumer<Duties> taken;
  private volatile Map<String, Integer> connections = Map.of();

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
    return queue.get().sends().take(counters, most);
  }

  @Override
  public void await(List<String> counters, int sends, Runnable room) {
    queue.get().sends().await(counters, sends, room);
  }

  @Override
  public void wants(String zone, int claims) {
    queue.get().wants(zone, claims);
  }

  @Override
  public void limits(String zone, String domain, int claims) {
    queue.get().limits(zone, domain, claims);
  }

  @Override
  public void frees(String zone, String domain) {
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
              delivery.get().sites(question.getZone()).stream()
                  .filter(site -> concerns(site, question, phase))
                  .forEach(site -> said.addReasons(reason(site)));
              return said.build();
            });
  }

  /** A claim has a site of its own; a domain that is not claimed may have any that is not ready. */
  private static boolean concerns(SiteState site, Explain question, Optional<ClaimPhase> phase) {
    return phase.isEmpty()
        && !(site.phase() instanceof SiteState.Ready)
        && (site.site().contains(question.getDomain()) || site.waiting() > 0);
  }

  private static Reason reason(ClaimPhase phase) {
    String where =
        (phase.source().isEmpty() ? "" : " from " + phase.source())
            + (phase.host().isEmpty() ? "" : " to " + phase.host());
    return reason(
        phase.step().name().toLowerCase(java.util.Locale.ROOT).replace('_', ' '),
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
