package io.mailraft.node;

import io.mailraft.api.link.Explain;
import io.mailraft.api.link.Explained;
import io.mailraft.config.PoolSource;
import io.mailraft.config.Throttle;
import io.mailraft.config.ZoneConfig;
import io.mailraft.delivery.Appetite;
import io.mailraft.delivery.DeliveryEngine;
import io.mailraft.delivery.Throttling;
import io.mailraft.delivery.ZonePlan;
import io.mailraft.queue.Queue;
import io.mailraft.queue.control.Assignments;
import io.mailraft.queue.control.Duties;
import io.mailraft.queue.throttle.Pace;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Zones between the queue and delivery: duties become plans, sends and appetite go the other way,
 * and delivery says what a claim waits for.
 */
final class ZoneHost implements Queue.Host, Throttling, Appetite {
  /** How often a source whose day's sends are used up is looked at. */
  private static final long NEW_DAY_SECONDS = 30;

  private final String self;
  private final Supplier<Queue> queue;
  private final Supplier<DeliveryEngine> delivery;
  private final Consumer<Duties> taken;
  private final Explanations explanations;

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
    this.explanations = new Explanations(queue, delivery, InstantSource.system());
  }

  @Override
  public void obey(Duties duties) {
    Map<String, ZonePlan> plans = new HashMap<>();
    duties.settings().zones().forEach((name, zone) -> plans.put(name, plan(duties, zone)));
    delivery.get().zones(plans);
    taken.accept(duties);
  }

  private ZonePlan plan(Duties duties, ZoneConfig zone) {
    Optional<Assignments.Share> share = duties.assignments().share(zone.name(), self);
    return new ZonePlan(
        zone,
        duties.connections().getOrDefault(zone.name(), 0),
        share.map(Assignments.Share::sources).orElse(List.of()),
        elsewhere(duties, zone.name(), share.map(Assignments.Share::sources).orElse(List.of())),
        duties.settings().throttles(),
        duties.part()::applyAsInt,
        duties.settings().blocklistPause());
  }

  /** What other nodes own of a pool, and this one does not. */
  private List<PoolSource> elsewhere(Duties duties, String zone, List<PoolSource> own) {
    return duties.assignments().zones().getOrDefault(zone, List.of()).stream()
        .filter(share -> !share.node().equals(self) && share.connections() > 0)
        .flatMap(share -> share.sources().stream())
        .filter(source -> !own.contains(source))
        .distinct()
        .toList();
  }

  @Override
  public boolean obeyed() {
    return delivery.get().within();
  }

  @Override
  public int take(List<String> counters, int most) {
    return queue.get().sends().take(today(counters), most);
  }

  @Override
  public boolean ready(List<String> counters) {
    return queue.get().sends().book().ready(today(counters));
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

  @Override
  public boolean spent(String warmUpCounter) {
    return queue.get().sends().book().spent(today(List.of(warmUpCounter)).getFirst());
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
    queue.get().limits(zone, domain, claims);
  }

  @Override
  public void frees(String zone, String domain) {
    queue.get().frees(zone, domain);
  }

  @Override
  public CompletableFuture<Explained> explain(Explain question) {
    return explanations.explain(question);
  }
}
