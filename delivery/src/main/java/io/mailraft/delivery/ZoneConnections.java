package io.mailraft.delivery;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * The connections of one zone: opened where {@link SiteRow} says so, given work message by message,
 * and let go. Takes the zone's lock, under which nothing blocks; outcomes are reported outside of
 * it.
 */
final class ZoneConnections implements Site.Port, Transaction.Owner {
  /** For so long a claim waits for a warm-up's sends of which the day has none left. */
  private static final long COLD_NANOS = TimeUnit.MINUTES.toNanos(2);

  private static final Reply COLD =
      Reply.of(451, "4.3.2", "The warm-ups of this node's sources have no sends left for the day");
  private static final Reply NO_SHARE =
      Reply.of(451, "4.3.2", "A connection limit leaves this node no connection to the site");

  private final ZoneDispatch zone;
  private final Object lock;
  private final ZoneDispatch.Shared shared;
  private final Sites sites;
  private final SiteRow row;
  private final Rationing rationing;
  private final Loader loader;
  private final Openings openings;
  private final Map<Berth, Transaction> underWay = new HashMap<>();

  /**
   * @param lock the zone's
   */
  ZoneConnections(
      ZoneDispatch zone,
      Object lock,
      ZoneDispatch.Shared shared,
      Sites sites,
      SiteRow row,
      Rationing rationing) {
    this.zone = zone;
    this.lock = lock;
    this.shared = shared;
    this.sites = sites;
    this.row = row;
    this.rationing = rationing;
    this.loader =
        new Loader(
            sites,
            rationing,
            shared.shipping().lease(),
            shared.equipment().config().maxRecipientsPerTransaction());
    this.openings = new Openings(zone, lock, shared, sites, row, rationing, loader, this);
  }

  /** What is being sent. Under the zone's lock. */
  Map<Berth, Transaction> underWay() {
    return underWay;
  }

  /**
   * Sees to what waits at a site, after something has changed for it: idle connections are woken,
   * more are asked for, or the claims leave since there is no way. Under the zone's lock.
   */
  void see(Site site, long now, Exits exits) {
    look(site, now, exits);
    zone.reviewSoon(site, now);
  }

  /** The same, when it is looked at in its turn. */
  void look(Site site, long now, Exits exits) {
    if (site.hasWaiting()) {
      if (sites.shareless(site)) {
        rationing.nothing(site, now);
        exits.returned(site.drain(), NO_SHARE);
      } else if (!sites.usable(site, now)) {
        rest(site, now, exits);
      } else {
        useIdle(site, now);
        row.update(site);
      }
    }
    row.tidy(site);
  }

  /** All sources rest: what waits is deferred, with the reason. */
  private void rest(Site site, long now, Exits exits) {
    List<Held> waiting = site.drain();
    rationing.rests(site, now);
    Hop hop = new Hop("", site.route().hosts().getFirst().name());
    Optional<Standing.Off> off = sites.off(site, now);
    if (off.isEmpty()) {
      exits.deferred(
          waiting, Reply.of(451, "4.4.4", "The zone has no source that may be used"), hop);
    } else if (off.get().cause() == Standing.Cause.BLOCKLISTED) {
      blocklisted(
          waiting,
          Reply.of(451, "4.7.1", "All sources are blocklisted: " + off.get().reply().text()),
          hop,
          exits);
    } else {
      exits.refused(waiting, off.get().reply(), hop);
    }
  }

  /**
   * Where the day of a source's warm-up is used up, its claims go to this node's other sources;
   * where all are so, to other nodes. A claim that no other node may have in this attempt goes back
   * to the queue after a while.
   */
  void shunCold(Site site, long now, Exits exits) {
    boolean moved = false;
    for (Way way : List.copyOf(site.ways().values())) {
      moved |= sites.unpin(way, now);
    }
    if (site.hasWaiting() && sites.pins().cold(site, now)) {
      for (Held held : site.drain()) {
        if (sites.pins().othersMay(held.claim())) {
          exits.unfit(held);
        } else if (sites.pins().othersExist() && now - held.sinceNanos() >= COLD_NANOS) {
          exits.returned(List.of(held), COLD);
        } else {
          sites.add(site, held, now);
        }
      }
    } else if (moved) {
      look(site, now, exits);
      openMore();
    }
  }

  /** All sources of this node are blocklisted: another node tries, or the claims are deferred. */
  void blocklisted(List<Held> some, Reply reply, Hop hop, Exits exits) {
    List<Held> left = new ArrayList<>(some.size());
    for (Held held : some) {
      if (sites.pins().othersMay(held.claim())) {
        exits.unfit(held);
      } else {
        left.add(held);
      }
    }
    exits.deferred(left, reply, hop);
  }

  /** Wakes idle connections for what waits. Returns how many. */
  private int useIdle(Site site, long now) {
    int woken = 0;
    int most = site.messages();
    for (Way way : site.ways().values()) {
      while (woken < most && !way.idle().isEmpty() && serves(way, now)) {
        Berth berth = way.idle().getLast();
        row.wake(berth);
        berth.connection().execute(() -> proceed(berth, false));
        woken++;
      }
    }
    return woken;
  }

  /** Whether an idle connection of this way has something to do. */
  private boolean serves(Way way, long now) {
    Site site = way.site();
    if (!way.usable(now)
        || site.paused(now)
        || (way.pinned().isEmpty() && site.shared().isEmpty())) {
      return false;
    }
    Optional<SendLine.Place> place = sites.place(way.idle().getLast());
    if (place.isEmpty() || !place.get().blocked()) {
      return true;
    }
    if (!place.get().waits()) {
      place.get().await(site.claims(place.get()));
    }
    return false;
  }

  /** Opens and closes connections as far as the row says so. Under the zone's lock. */
  void openMore() {
    while (!zone.stopping()) {
      switch (row.next()) {
        case SiteRow.Step.Open(Way way, Slip slip, boolean alone) ->
            openings.open(way, slip, alone);
        case SiteRow.Step.Evict(Berth berth) -> leave(berth);
        case SiteRow.Step.Wait _ -> {
          return;
        }
      }
    }
  }

  /** Lets idle connections go that have been dismissed. */
  void leave(List<Berth> dismissed) {
    dismissed.forEach(ZoneConnections::leave);
  }

  private static void leave(Berth berth) {
    berth.connection().execute(berth.connection()::leave);
  }

  /** A connection is open. Called on its event loop. */
  void docked(Berth berth) {
    shared.meters().connected(zone.name());
    berth.connection().channel().closeFuture().addListener(done -> gone(berth));
    proceed(berth, false);
  }

  /** A way that is not to be used: its claims may go others, its idle connections leave. */
  void retreat(Way way, long now) {
    if (!way.usable(now)) {
      var _ = sites.unpin(way, now);
      leave(row.dismiss(List.copyOf(way.idle())));
    }
  }

  /** Finds the next thing to do for a connection that is clean. Called on its event loop. */
  @Override
  public void proceed(Berth berth, boolean took) {
    Exits exits = new Exits();
    Optional<Transaction> begun = Optional.empty();
    SmtpConnection connection = berth.connection();
    boolean leaves;
    synchronized (lock) {
      underWay.remove(berth);
      if (berth.gone || connection.over()) {
        return;
      }
      long now = System.nanoTime();
      Site site = berth.site();
      if (took) {
        berth.way().window().succeeded(berth.way().connected, now);
      }
      leaves = leaves(berth, now);
      if (!leaves) {
        List<Held> work = loader.load(berth, now, exits);
        if (!work.isEmpty()) {
          begun = Optional.of(begin(berth, work));
        } else if (wantedElsewhere(berth)) {
          leaves = true;
        } else {
          rest(berth);
        }
      }
      if (leaves) {
        row.depart(berth);
      }
      see(site, now, exits);
      openMore();
    }
    exits.report(shared.shipping().endings());
    if (leaves) {
      connection.leave();
    } else {
      begun.ifPresent(Transaction::start);
    }
  }

  private boolean leaves(Berth berth, long now) {
    Way way = berth.way();
    return zone.stopping()
        || row.over()
        || way.site().dissolved
        || berth.transactions >= shared.equipment().config().maxMessagesPerConnection()
        || !way.usable(now)
        || way.connected > way.window().size()
        || row.givesWay(berth);
  }

  private boolean wantedElsewhere(Berth berth) {
    List<Terms.Cap> caps = berth.slip().caps();
    return !caps.isEmpty() && shared.limits().wanted(caps, berth.way());
  }

  private Transaction begin(Berth berth, List<Held> work) {
    boolean reused = berth.transactions++ > 0;
    Transaction transaction = new Transaction(berth, this, shared.shipping(), work, reused);
    underWay.put(berth, transaction);
    return transaction;
  }

  private void rest(Berth berth) {
    SmtpConnection connection = berth.connection();
    connection.enter(new Idle(connection, () -> staysReady(berth)));
    connection.deadline(shared.equipment().config().idleTimeout());
    row.rest(berth);
  }

  /** Whether a connection is kept since its site waits for sends and would come too late. */
  private boolean staysReady(Berth berth) {
    synchronized (lock) {
      Way way = berth.way();
      return berth.place.filter(SendLine.Place::waits).isPresent()
          && sites.readiesItself(way, System.nanoTime())
          && way.connected == 1
          && !berth.leaving;
    }
  }

  @Override
  public void proven(Berth berth, Optional<Reply> refusal) {
    if (berth.proven && refusal.isEmpty()) {
      return;
    }
    Exits exits = new Exits();
    synchronized (lock) {
      Way way = berth.way();
      Site site = way.site();
      long now = System.nanoTime();
      if (!berth.proven && !berth.gone) {
        berth.proven = true;
        site.proven++;
      }
      if (refusal.isEmpty()) {
        way.standing().works();
        way.window().succeeded(way.connected, now);
      } else if (refusal.get().slows() && way.window().failed(way.connected - 1, now)) {
        way.standing().dead(refusal.get(), now);
        way.window().restart();
        sites.keep(way);
        retreat(way, now);
      }
      see(site, now, exits);
      openMore();
    }
    exits.report(shared.shipping().endings());
  }

  @Override
  public void hung(Berth berth, Reply reason) {
    SmtpConnection connection = berth.connection();
    shared.equipment().troubles().mark(berth.way().source(), connection.remote(), reason);
    synchronized (lock) {
      Way way = berth.way();
      var _ = way.window().failed(way.connected - 1, System.nanoTime());
    }
  }

  @Override
  public void refused(Berth berth, List<Held> whom, Reply reply, boolean content) {
    Hop hop = berth.connection().hop();
    boolean listed =
        content
            ? BlocklistReply.saysOfContent(reply, hop.source())
            : BlocklistReply.says(reply, hop.source());
    Exits exits = new Exits();
    if (listed) {
      synchronized (lock) {
        elsewhere(berth, whom, reply, exits);
        openMore();
      }
    } else {
      exits.refused(whom, reply, hop);
    }
    exits.report(shared.shipping().endings());
  }

  /** The source is blocklisted: another one tries at once, or the claims are deferred. */
  private void elsewhere(Berth berth, List<Held> whom, Reply reply, Exits exits) {
    long now = System.nanoTime();
    Way way = berth.way();
    openings.blocklist(way, reply, now);
    retreat(way, now);
    Optional<Reply> closed = zone.closed(way.site());
    if (closed.isPresent()) {
      exits.returned(whom, closed.get());
      see(way.site(), now, exits);
      return;
    }
    Site site = sites.present(way.site(), whom.getFirst().claim().domain());
    if (sites.usable(site, now)) {
      whom.reversed().forEach(held -> sites.addFirst(site, held, now));
    } else {
      blocklisted(whom, reply, berth.connection().hop(), exits);
    }
    see(site, now, exits);
  }

  @Override
  public void startOver(Berth berth, Held held) {
    Exits exits = new Exits();
    synchronized (lock) {
      Optional<Reply> closed = zone.closed(berth.site());
      if (closed.isPresent()) {
        exits.returned(List.of(held), closed.get());
      } else {
        long now = System.nanoTime();
        Site site = sites.present(berth.site(), held.claim().domain());
        sites.addFirst(site, held, now);
        see(site, now, exits);
        openMore();
      }
    }
    exits.report(shared.shipping().endings());
  }

  private void gone(Berth berth) {
    Exits exits = new Exits();
    synchronized (lock) {
      Way way = berth.way();
      long now = System.nanoTime();
      row.gone(berth);
      underWay.remove(berth);
      if (berth.transactions == 0 && way.readyNanos.isPresent()) {
        sites.tooSoon(way, now);
      }
      see(way.site(), now, exits);
      openMore();
    }
    exits.report(shared.shipping().endings());
  }

  @Override
  public void roomForConnection(Way way) {
    synchronized (lock) {
      sites.room(way.site());
      row.update(way.site());
      openMore();
      if (way.full.isEmpty()) {
        shared.limits().withdraw(way);
      }
    }
  }

  @Override
  public void yieldIfIdle(Berth berth) {
    synchronized (lock) {
      if (row.rests(berth)) {
        leave(row.dismiss(List.of(berth)));
      }
    }
  }

  @Override
  public void turn(Site site) {
    Exits exits = new Exits();
    synchronized (lock) {
      int woken = zone.stopping() ? 0 : useIdle(site, System.nanoTime());
      row.update(site);
      openMore();
      if (woken == 0 && site.opening == 0 && !site.queued) {
        site.places().values().forEach(SendLine.Place::pass);
      }
      row.tidy(site);
    }
    exits.report(shared.shipping().endings());
  }

  /** A clean connection waits for work. */
  private record Idle(SmtpConnection connection, BooleanSupplier stays) implements Phase {
    @Override
    public String awaits() {
      return "work";
    }

    @Override
    public boolean staysOnTimeout() {
      return stays.getAsBoolean();
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
