package io.mailraft.delivery;

import io.mailraft.config.ZoneConfig;
import io.netty.channel.EventLoopGroup;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Brings the claims of one zone together with its connections.
 *
 * <p>Claims wait at their site; a {@link SiteRow} says which site may open connections. A
 * connection takes message after message of its site. One lock guards it all; nothing blocks under
 * it, and outcomes are reported outside of it.
 */
final class ZoneDispatch {
  private static final int CLAIMS_PER_CONNECTION = 4;
  private static final int CLAIMS_MIN = 64;
  private static final Reply STOPPING = Reply.of(451, "4.3.2", "This node is stopping");
  private static final Reply CHANGED = Reply.of(451, "4.3.5", "The zone has changed");
  private static final Reply LAPSED =
      Reply.of(451, "4.3.0", "The lease ended before the message was handed over");

  /** What all zones of an engine share. */
  record Shared(
      Routes routes,
      Dial.Equipment equipment,
      Transaction.Shipping shipping,
      Meters meters,
      EventLoopGroup loops,
      Consumer<String> onRoom) {}

  private final String name;
  private final Shared shared;
  private final AtomicInteger open = new AtomicInteger();
  private final CompletableFuture<Void> drained = new CompletableFuture<>();
  private final Object lock = new Object();
  private final Map<String, List<Held>> resolving = new HashMap<>();
  private final SiteRow row;
  private final Map<Berth, Transaction> underWay = new HashMap<>();
  private volatile ZoneConfig config;
  private volatile boolean stopping;

  ZoneDispatch(ZoneConfig config, Shared shared) {
    this.name = config.name();
    this.config = config;
    this.row = new SiteRow(config.connections());
    this.shared = shared;
  }

  String name() {
    return name;
  }

  /** Claims without an outcome. */
  int open() {
    return open.get();
  }

  /** Connections open or being opened. */
  int connections() {
    synchronized (lock) {
      return row.connections();
    }
  }

  /** Claims that keep all connections busy while more are on their way. */
  int target() {
    return Math.max(CLAIMS_MIN, config.connections() * CLAIMS_PER_CONNECTION);
  }

  void offer(List<Claim> claims) {
    ZoneConfig current = config;
    Map<String, List<Held>> byDomain = new HashMap<>();
    open.addAndGet(claims.size());
    for (Claim claim : claims) {
      Held held = new Held(claim, this);
      Optional<Reply> unfit = Paths.unfit(claim);
      if (unfit.isPresent()) {
        shared.shipping().endings().refused(held, unfit.get(), Hop.NONE);
      } else {
        byDomain
            .computeIfAbsent(
                current.host().isPresent() ? "" : claim.domain(), d -> new ArrayList<>())
            .add(held);
      }
    }
    boolean late;
    synchronized (lock) {
      late = stopping;
      if (!late) {
        byDomain.forEach(
            (domain, held) ->
                resolving.computeIfAbsent(domain, d -> new ArrayList<>()).addAll(held));
      }
    }
    if (late) {
      byDomain.values().forEach(held -> giveBack(held, STOPPING));
    } else {
      route(current, byDomain.keySet());
    }
  }

  /**
   * Finds the routes of domains. Those that are known are settled together, for their sites' sake.
   */
  private void route(ZoneConfig current, Set<String> domains) {
    Map<String, Route> known = new HashMap<>();
    for (String domain : domains) {
      CompletableFuture<Route> route = shared.routes().find(current, domain);
      if (route.isDone()) {
        known.put(domain, route.join());
      } else {
        var _ = route.thenAccept(found -> settle(Map.of(domain, found)));
      }
    }
    settle(known);
  }

  private void settle(Map<String, Route> routes) {
    List<Held> lapsed = new ArrayList<>(0);
    Map<Reply, List<Held>> refused = new HashMap<>(0);
    synchronized (lock) {
      Set<Site> changed = new LinkedHashSet<>();
      routes.forEach(
          (domain, route) -> {
            List<Held> held = resolving.remove(domain);
            if (held != null) {
              switch (route) {
                case Route.ToSite toSite -> changed.add(row.add(toSite, held));
                case Route.Refused(Reply reply) ->
                    refused.computeIfAbsent(reply, r -> new ArrayList<>()).addAll(held);
              }
            }
          });
      for (Site site : changed) {
        useIdle(site, lapsed);
        row.tidy(site);
      }
      openMore();
    }
    giveBack(lapsed, LAPSED);
    refused.forEach(
        (reply, held) ->
            held.forEach(one -> shared.shipping().endings().refused(one, reply, Hop.NONE)));
  }

  private void useIdle(Site site, List<Held> lapsed) {
    while (site.hasWaiting() && !site.idle().isEmpty()) {
      List<Held> work = take(site, lapsed);
      if (work.isEmpty()) {
        return;
      }
      Berth berth = site.idle().getLast();
      row.wake(berth);
      berth.connection().execute(() -> begin(berth, work));
    }
  }

  /** The next claims of one message whose lease is alive; the others are put aside. */
  private List<Held> take(Site site, List<Held> lapsed) {
    int recipientsMax = shared.equipment().config().maxRecipientsPerTransaction();
    List<Held> work = site.take(recipientsMax);
    while (!work.isEmpty()) {
      List<Held> alive = new ArrayList<>(work.size());
      for (Held held : work) {
        (alive(held) ? alive : lapsed).add(held);
      }
      if (!alive.isEmpty()) {
        return alive;
      }
      work = site.take(recipientsMax);
    }
    return work;
  }

  private boolean alive(Held held) {
    return shared.shipping().lease().alive(held.claim().epoch());
  }

  private void openMore() {
    while (!stopping) {
      switch (row.next()) {
        case SiteRow.Step.Open(Site site, boolean alone) -> open(site, alone);
        case SiteRow.Step.Evict(Berth berth) ->
            berth.connection().execute(berth.connection()::leave);
        case SiteRow.Step.Wait _ -> {
          return;
        }
      }
    }
  }

  private void open(Site site, boolean alone) {
    Held first = site.first();
    new Dial(
            shared.equipment(),
            site.route(),
            shared.loops().next(),
            alone,
            () -> !stopping && alive(first),
            new Dial.Listener() {
              @Override
              public void connected(SmtpConnection connection) {
                dock(connection, site);
              }

              @Override
              public void unreachable(Reply reply) {
                missed(site, reply);
              }

              @Override
              public void lapsed(Reply reason) {
                lapse(site, reason);
              }
            })
        .start();
  }

  private void dock(SmtpConnection connection, Site site) {
    Berth berth = new Berth(connection, site);
    synchronized (lock) {
      row.docked(site);
    }
    shared.meters().connected(name);
    connection.channel().closeFuture().addListener(done -> gone(berth));
    proceed(berth);
  }

  private void missed(Site site, Reply reply) {
    List<Held> waiting = List.of();
    Hop hop = new Hop("", site.route().hosts().getFirst().name());
    synchronized (lock) {
      row.missed(site);
      if (site.connections() == 0) {
        waiting = site.drain();
      }
      row.tidy(site);
      openMore();
    }
    waiting.forEach(held -> shared.shipping().endings().refused(held, reply, hop));
  }

  private void lapse(Site site, Reply reason) {
    List<Held> lapsed = new ArrayList<>();
    synchronized (lock) {
      row.dropped(site);
      for (Held held : site.drain()) {
        if (alive(held)) {
          site.add(held);
        } else {
          lapsed.add(held);
        }
      }
      row.tidy(site);
      openMore();
    }
    giveBack(lapsed, reason);
  }

  /** Finds the next thing to do for a connection that is clean. Called on its event loop. */
  void proceed(Berth berth) {
    List<Held> lapsed = new ArrayList<>(0);
    List<Held> work = List.of();
    SmtpConnection connection = berth.connection();
    boolean leaves;
    synchronized (lock) {
      underWay.remove(berth);
      if (berth.gone || connection.over()) {
        return;
      }
      leaves =
          stopping
              || berth.transactions >= shared.equipment().config().maxMessagesPerConnection()
              || row.givesWay(berth);
      if (leaves) {
        row.depart(berth);
      } else {
        work = take(berth.site(), lapsed);
        row.tidy(berth.site());
        if (work.isEmpty()) {
          connection.enter(new Idle(connection));
          connection.deadline(shared.equipment().config().idleTimeout());
          row.rest(berth);
          openMore();
        }
      }
    }
    giveBack(lapsed, LAPSED);
    if (leaves) {
      connection.leave();
    } else if (!work.isEmpty()) {
      begin(berth, work);
    }
  }

  private void begin(Berth berth, List<Held> work) {
    boolean over;
    Optional<Transaction> begun = Optional.empty();
    synchronized (lock) {
      over = berth.gone || berth.connection().over();
      if (!over && !stopping) {
        boolean reused = berth.transactions++ > 0;
        Transaction transaction = new Transaction(berth, this, shared.shipping(), work, reused);
        underWay.put(berth, transaction);
        begun = Optional.of(transaction);
      }
    }
    if (begun.isPresent()) {
      begun.get().start();
    } else if (over) {
      work.forEach(held -> startOver(berth, held));
    } else {
      giveBack(work, STOPPING);
      berth.connection().leave();
    }
  }

  /** The connection has shown that its host answers MAIL. */
  void proven(Berth berth) {
    if (berth.proven) {
      return;
    }
    synchronized (lock) {
      berth.proven = true;
      berth.site().proven++;
      openMore();
    }
  }

  /** The host has left a transaction unanswered: nobody connects to it for a while. */
  void hung(Berth berth, Reply reason) {
    shared.equipment().troubles().mark(berth.connection().remote(), reason);
  }

  /**
   * Takes back a claim whose connection turned out to be dead before anything of it was answered.
   */
  void startOver(Berth berth, Held held) {
    boolean late;
    synchronized (lock) {
      late = stopping;
      if (!late) {
        row.putBack(berth.site(), List.of(held));
        openMore();
      }
    }
    if (late) {
      giveBack(List.of(held), STOPPING);
    }
  }

  private void gone(Berth berth) {
    synchronized (lock) {
      row.gone(berth);
      underWay.remove(berth);
      openMore();
    }
  }

  /** A claim of this zone has its outcome. */
  void ended() {
    int left = open.decrementAndGet();
    if (stopping) {
      if (left == 0) {
        drained.complete(null);
      }
    } else if (left <= target() - target() / 4) {
      shared.onRoom().accept(name);
    }
  }

  /**
   * Takes over changed settings. Claims that wait for another next hop than the present one go
   * back.
   */
  void update(ZoneConfig fresh) {
    List<Held> waiting = new ArrayList<>();
    synchronized (lock) {
      boolean moved = !fresh.host().equals(config.host()) || fresh.port() != config.port();
      config = fresh;
      row.connectionsMax(fresh.connections());
      if (moved) {
        waiting.addAll(drainAll());
      }
      openMore();
    }
    giveBack(waiting, CHANGED);
  }

  private List<Held> drainAll() {
    List<Held> waiting = new ArrayList<>();
    resolving.values().forEach(waiting::addAll);
    resolving.clear();
    waiting.addAll(row.drain());
    for (Berth berth : row.dismiss()) {
      berth.connection().execute(berth.connection()::leave);
    }
    return waiting;
  }

  /**
   * Starts nothing any more and gives back what waits; done when the last claim has its outcome.
   */
  CompletableFuture<Void> stop() {
    List<Held> waiting;
    synchronized (lock) {
      stopping = true;
      waiting = drainAll();
    }
    giveBack(waiting, STOPPING);
    if (open.get() == 0) {
      drained.complete(null);
    }
    return drained;
  }

  /** Ends what is still under way after {@link #stop}. */
  void abandon() {
    Map<Berth, Transaction> left;
    synchronized (lock) {
      left = Map.copyOf(underWay);
    }
    left.forEach((berth, transaction) -> berth.connection().execute(transaction::stop));
  }

  private void giveBack(List<Held> helds, Reply reason) {
    helds.forEach(held -> shared.shipping().endings().returned(held, reason));
  }

  /** A clean connection waits for work. */
  private record Idle(SmtpConnection connection) implements Phase {
    @Override
    public String awaits() {
      return "work";
    }

    @Override
    public boolean leavesOnTimeout() {
      return true;
    }

    @Override
    public void onReply(Reply reply) {
      // Usually 421: the host has waited long enough.
      connection.lose(reply, false);
    }

    @Override
    public void onLost(Reply reason, boolean silent) {
      // Nothing was under way.
    }
  }
}
