package io.mailraft.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * A queue that gives an engine claims as a shard's leader does: the domains of a zone take turns, a
 * quantum each, the oldest first, and no more are out than the zone wants, those of limited domains
 * aside, nor more of a domain than its limit. What comes back is queued again.
 */
final class Feeder implements Appetite, Outcomes, AutoCloseable {
  private static final int QUANTUM = 32;

  private static final class Lane {
    private final ArrayDeque<Claim> queued = new ArrayDeque<>();
    private int held;
    private boolean inTurn;
    private Optional<Integer> limit = Optional.empty();
  }

  private static final class Zone {
    private final Map<String, Lane> lanes = new HashMap<>();
    private final ArrayDeque<Lane> turns = new ArrayDeque<>();

    /** Claims of domains without a limit that are out. */
    private int held;

    private void enterTurn(Lane lane) {
      boolean may = lane.limit.isEmpty() || lane.held < lane.limit.get();
      if (!lane.inTurn && may && !lane.queued.isEmpty()) {
        lane.inTurn = true;
        turns.add(lane);
      }
    }
  }

  private final Hunger hunger = new Hunger();
  private final Map<String, Zone> zones = new HashMap<>();
  private final Map<String, List<Outcome>> ends = new HashMap<>();
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().factory());
  private Optional<Consumer<List<Claim>>> engine = Optional.empty();
  private boolean planned;
  private int returned;
  private int ended;

  /** What the engine has said. */
  Hunger hunger() {
    return hunger;
  }

  synchronized void feeds(Consumer<List<Claim>> offer) {
    engine = Optional.of(offer);
    wake();
  }

  /** Queues claims. */
  synchronized void queue(List<Claim> claims) {
    for (Claim claim : claims) {
      Zone zone = zone(claim.zone());
      Lane lane = lane(zone, claim.domain());
      lane.queued.add(claim);
      zone.enterTurn(lane);
    }
    wake();
  }

  private Zone zone(String name) {
    return zones.computeIfAbsent(name, key -> new Zone());
  }

  private static Lane lane(Zone zone, String domain) {
    return zone.lanes.computeIfAbsent(domain, key -> new Lane());
  }

  private void wake() {
    if (!planned && engine.isPresent()) {
      planned = true;
      thread.execute(this::plan);
    }
  }

  private void plan() {
    List<Claim> next = new ArrayList<>();
    Consumer<List<Claim>> offer;
    synchronized (this) {
      planned = false;
      offer = engine.orElseThrow();
      zones.forEach((name, zone) -> plan(zone, hunger.wants(name), next));
    }
    if (!next.isEmpty()) {
      offer.accept(next);
    }
  }

  private static void plan(Zone zone, int wants, List<Claim> next) {
    // Lanes that the zone has no room for go to the end, once.
    for (int looks = zone.turns.size(); looks > 0; looks--) {
      Lane lane = zone.turns.remove();
      lane.inTurn = false;
      boolean free = lane.limit.isEmpty();
      int most = free ? wants - zone.held : lane.limit.get() - lane.held;
      for (int given = 0; given < Math.min(QUANTUM, most) && !lane.queued.isEmpty(); given++) {
        next.add(lane.queued.remove());
        lane.held++;
        zone.held += free ? 1 : 0;
      }
      zone.enterTurn(lane);
    }
  }

  @Override
  public synchronized void report(Outcome outcome) {
    Claim claim = outcome.claim();
    Zone zone = zone(claim.zone());
    Lane lane = lane(zone, claim.domain());
    lane.held--;
    zone.held -= lane.limit.isEmpty() ? 1 : 0;
    if (outcome instanceof Outcome.Returned) {
      returned++;
      lane.queued.addFirst(claim);
    } else {
      ended++;
      ends.computeIfAbsent(claim.domain(), name -> new ArrayList<>()).add(outcome);
    }
    zone.enterTurn(lane);
    notifyAll();
    wake();
  }

  @Override
  public synchronized void wants(String zone, int claims) {
    hunger.wants(zone, claims);
    wake();
  }

  @Override
  public synchronized void limits(String name, String domain, int claims) {
    hunger.limits(name, domain, claims);
    Zone zone = zone(name);
    Lane lane = lane(zone, domain);
    zone.held -= lane.limit.isEmpty() ? lane.held : 0;
    lane.limit = Optional.of(claims);
    zone.enterTurn(lane);
    wake();
  }

  @Override
  public synchronized void frees(String name, String domain) {
    hunger.frees(name, domain);
    Zone zone = zone(name);
    Lane lane = lane(zone, domain);
    zone.held += lane.held;
    lane.limit = Optional.empty();
    zone.enterTurn(lane);
    wake();
  }

  /** How claims of a domain ended, those that came back aside. */
  synchronized List<Outcome> ends(String domain) {
    return List.copyOf(ends.getOrDefault(domain, List.of()));
  }

  /** Claims of a domain that are out now. */
  synchronized int held(String zone, String domain) {
    return lane(zone(zone), domain).held;
  }

  /** Claims that came back. */
  synchronized int returned() {
    return returned;
  }

  /** Claims that have ended. */
  synchronized int ended() {
    return ended;
  }

  /** Waits until something holds, which is asked whenever an outcome has come. */
  void await(String what, BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + Rig.PATIENCE.toNanos();
    synchronized (this) {
      while (!condition.getAsBoolean()) {
        long left = end - System.nanoTime();
        assertThat(left).as("time for: %s; ended %s", what, ended()).isPositive();
        TimeUnit.NANOSECONDS.timedWait(this, Math.min(left, 50_000_000));
      }
    }
  }

  /** Waits until so many claims have ended. */
  void awaitEnds(int count) throws InterruptedException {
    await(count + " ends", () -> ended() >= count);
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
