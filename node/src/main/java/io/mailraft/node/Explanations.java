package io.mailraft.node;

import io.mailraft.api.link.Explain;
import io.mailraft.api.link.Explained;
import io.mailraft.api.link.Reason;
import io.mailraft.config.ClusterSettings;
import io.mailraft.config.Rate;
import io.mailraft.config.Throttle;
import io.mailraft.config.WarmUp;
import io.mailraft.delivery.ClaimPhase;
import io.mailraft.delivery.ConnectionUse;
import io.mailraft.delivery.DeliveryEngine;
import io.mailraft.delivery.Outlook;
import io.mailraft.delivery.SiteState;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.Queue;
import io.mailraft.queue.control.Duties;
import io.mailraft.queue.throttle.Pace;
import io.mailraft.queue.throttle.SendBook;
import io.mailraft.queue.throttle.SlotTable;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Says what a delivery waits for on this node, from the state that decides: the engine's, the
 * sends' that this node has, and the control group's slots.
 */
final class Explanations {
  /** Most ways of a domain that an answer names, and most holders of connections. */
  private static final int NAMED_MAX = 5;

  private final Supplier<Queue> queue;
  private final Supplier<DeliveryEngine> delivery;
  private final InstantSource clock;

  /**
   * @param clock wall clock: times are shown to people, and a day is what they call one
   */
  Explanations(Supplier<Queue> queue, Supplier<DeliveryEngine> delivery, InstantSource clock) {
    this.queue = queue;
    this.delivery = delivery;
    this.clock = clock;
  }

  /** What the delivery waits for here; nothing where this node does not hold it up. */
  CompletableFuture<Explained> explain(Explain question) {
    MessageId id = MessageId.of(question.getId());
    return delivery
        .get()
        .phase(id.toString(), question.getSeq())
        .thenApply(
            phase ->
                Explained.newBuilder()
                    .addAllReasons(
                        phase
                            .map(known -> List.of(reason(known)))
                            .orElseGet(
                                () -> question.getClaimed() ? List.of() : unclaimed(question)))
                    .build());
  }

  private Reason reason(ClaimPhase phase) {
    if (phase.cause().isPresent()) {
      SiteState.Phase cause = phase.cause().get();
      return reason(name(cause), from(phase.source()) + words(cause), cause.since());
    }
    String name =
        phase.step() == ClaimPhase.Step.WAITING
            ? "its turn"
            : phase.step().name().toLowerCase(Locale.ROOT).replace('_', ' ');
    return reason(
        name,
        phase.detail()
            + (phase.source().isEmpty() ? "" : ", from " + phase.source())
            + (phase.host().isEmpty() ? "" : " to " + phase.host()),
        phase.since());
  }

  private List<Reason> unclaimed(Explain question) {
    String zone = question.getZone();
    Optional<Outlook> known = delivery.get().outlook(zone, question.getDomain());
    if (known.isEmpty()) {
      return List.of();
    }
    Outlook outlook = known.get();
    if (outlook.limit().isEmpty()) {
      boolean full = outlook.zoneWanted() > 0 && outlook.zoneHeld() >= outlook.zoneWanted();
      return full ? List.of(zoneFull(zone, outlook)) : List.of();
    }
    boolean ready = outlook.ways().stream().anyMatch(way -> way.phase() instanceof SiteState.Ready);
    List<Reason> reasons = new ArrayList<>();
    if (!ready) {
      // Of ways that wait for the same thing one speaks for all.
      Map<String, SiteState> distinct = new LinkedHashMap<>();
      outlook.ways().forEach(way -> distinct.putIfAbsent(way.phase().text(), way));
      distinct.values().stream()
          .limit(NAMED_MAX)
          .forEach(
              way ->
                  reasons.add(
                      reason(
                          name(way.phase()),
                          from(way.source()) + words(way.phase()),
                          way.phase().since())));
    }
    if (reasons.isEmpty()) {
      reasons.add(limited(question.getDomain(), outlook, outlook.limit().get()));
    }
    return reasons;
  }

  private Reason limited(String domain, Outlook outlook, Outlook.Limit limit) {
    String sites =
        outlook.ways().stream()
            .limit(NAMED_MAX)
            .map(
                way ->
                    "; %s from %s: %s, %d of %d connections"
                        .formatted(
                            way.site(),
                            way.source(),
                            way.phase().text(),
                            way.connections(),
                            way.window()))
            .collect(Collectors.joining());
    return reason(
        "its turn",
        "%d deliveries for %s are in hand, and %d at a time are of use"
                .formatted(outlook.held(), domain, limit.claims())
            + sites,
        limit.since());
  }

  private Reason zoneFull(String zone, Outlook outlook) {
    boolean all = outlook.connections() >= outlook.connectionsMax();
    String detail =
        "%d of %d connections of zone %s in use here%s; %d of its deliveries are in hand, and %d are of use"
            .formatted(
                outlook.connections(),
                outlook.connectionsMax(),
                zone,
                users(SiteState.ZONE_LIMIT + zone),
                outlook.zoneHeld(),
                outlook.zoneWanted());
    return Reason.newBuilder()
        .setPhase(all ? "no connection free" : "its turn")
        .setDetail(detail)
        .build();
  }

  private static String name(SiteState.Phase phase) {
    return switch (phase) {
      case SiteState.Ready ready -> "its turn";
      case SiteState.Throttled throttled -> "throttled";
      case SiteState.ConnectionsFull full -> "no connection free";
      case SiteState.BackingOff off -> "backing off";
      case SiteState.Blocklisted off -> "source blocklisted";
    };
  }

  private static String from(String source) {
    return source.isEmpty() ? "" : "from " + source + ": ";
  }

  private String words(SiteState.Phase phase) {
    return switch (phase) {
      case SiteState.Ready ready -> ready.text();
      case SiteState.Throttled throttled -> throttles(throttled.counters());
      case SiteState.ConnectionsFull full -> limit(full.limit()) + users(full.limit());
      case SiteState.BackingOff off ->
          "the site is tried again at " + off.until() + ": " + off.reply();
      case SiteState.Blocklisted off -> "until " + off.until() + ": " + off.reply();
    };
  }

  private String users(String limit) {
    List<ConnectionUse> users = delivery.get().users(limit);
    if (users.isEmpty()) {
      return "";
    }
    String named =
        users.stream()
            .limit(NAMED_MAX)
            .map(
                use ->
                    "%s from %s %d (zone %s)"
                        .formatted(use.site(), use.source(), use.connections(), use.zone()))
            .collect(Collectors.joining(", ", ": ", ""));
    int others = users.size() - NAMED_MAX;
    return others > 0 ? named + ", " + others + " others" : named;
  }

  /** A connection limit: its setting, and this node's part. */
  private String limit(String limit) {
    Optional<Duties> duties = queue.get().duties();
    if (duties.isEmpty()) {
      return limit;
    }
    if (limit.startsWith(SiteState.ZONE_LIMIT)) {
      String zone = limit.substring(SiteState.ZONE_LIMIT.length());
      int part = duties.get().connections().getOrDefault(zone, 0);
      return "all %d connections of zone %s that this node has are in use".formatted(part, zone);
    }
    Optional<Throttle> throttle =
        duties.get().settings().throttles().entry(Throttle.entryOf(limit));
    OptionalInt most = throttle.isPresent() ? throttle.get().connections() : OptionalInt.empty();
    if (most.isEmpty()) {
      return limit;
    }
    int part = duties.get().part().applyAsInt(limit, most.getAsInt());
    return "%s allows %d connections per %s, %d of them to this node"
        .formatted(limit, most.getAsInt(), scope(throttle.get()), part);
  }

  private static String scope(Throttle throttle) {
    return throttle.per().name().toLowerCase(Locale.ROOT);
  }

  /** The counters that lack sends now; all of them where none does any more. */
  private String throttles(List<String> counters) {
    Map<String, SendBook.State> states = new HashMap<>();
    List<String> lacking = new ArrayList<>();
    for (String counter : counters) {
      Optional<SendBook.State> state = queue.get().sends().book().state(dated(counter));
      state.ifPresent(known -> states.put(counter, known));
      boolean usable = state.flatMap(SendBook.State::next).filter(Duration::isZero).isPresent();
      if (!usable) {
        lacking.add(counter);
      }
    }
    return (lacking.isEmpty() ? counters : lacking)
        .stream()
            .map(counter -> throttle(counter, Optional.ofNullable(states.get(counter))))
            .collect(Collectors.joining("; "));
  }

  private String dated(String counter) {
    return counter.startsWith(Throttle.WARM_UP) ? Pace.dated(counter, clock.instant()) : counter;
  }

  private String throttle(String counter, Optional<SendBook.State> state) {
    return "by "
        + counter
        + queue
            .get()
            .duties()
            .map(duties -> setting(duties.settings(), counter))
            .filter(setting -> !setting.isEmpty())
            .map(setting -> " (" + setting + ")")
            .orElse("")
        + use(counter)
        + state.map(Explanations::here).orElse("");
  }

  private String setting(ClusterSettings settings, String counter) {
    String entry = Throttle.entryOf(counter);
    if (entry.startsWith(Throttle.WARM_UP)) {
      return "";
    }
    String zone = Throttle.zoneCounter("");
    if (entry.startsWith(zone)) {
      return Optional.ofNullable(settings.zones().get(entry.substring(zone.length())))
          .flatMap(found -> found.throttle())
          .map(Rate::toString)
          .orElse("");
    }
    return settings
        .throttles()
        .entry(entry)
        .flatMap(
            throttle ->
                throttle
                    .rate()
                    .map(
                        rate ->
                            "%s, burst %d, per %s"
                                .formatted(rate, throttle.burst(), scope(throttle))))
        .orElse("");
  }

  /** How much of it all nodes together have, by the control group's state. */
  private String use(String counter) {
    SlotTable slots = queue.get().control().slots();
    if (counter.startsWith(Throttle.WARM_UP)) {
      long used = slots.next(dated(counter)).orElse(0);
      return budget(counter)
          .map(most -> ": %d of today's %d sends are given out".formatted(used, most))
          .orElse(": %d sends are given out today".formatted(used));
    }
    var ahead = slots.aheadNanos(counter);
    if (ahead.isEmpty()) {
      return "";
    }
    return ahead.getAsLong() > 0
        ? ": given out for the next " + seconds(ahead.getAsLong())
        : ": nothing is given out ahead";
  }

  private Optional<Integer> budget(String counter) {
    LocalDate today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
    return queue
        .get()
        .duties()
        .flatMap(
            duties ->
                duties.settings().zones().values().stream()
                    .flatMap(zone -> zone.pool().sources().stream())
                    .filter(source -> Throttle.warmUpCounter(source.address()).equals(counter))
                    .flatMap(source -> source.warmUp().stream())
                    .findFirst())
        .map((WarmUp warmUp) -> warmUp.limit(today))
        .flatMap(limit -> limit.isPresent() ? Optional.of(limit.getAsInt()) : Optional.empty());
  }

  private static String here(SendBook.State state) {
    return ", this node wants %d and has %d%s"
        .formatted(
            state.wanted(),
            state.given(),
            state
                .next()
                .filter(next -> !next.isZero())
                .map(next -> ", the first in " + seconds(next.toNanos()))
                .orElse(""));
  }

  private static String seconds(long nanos) {
    return String.format(Locale.ROOT, "%.1f s", nanos / 1e9);
  }

  private Reason reason(String phase, String detail, Instant since) {
    Duration lasting = Duration.between(since, clock.instant());
    return Reason.newBuilder()
        .setPhase(phase)
        .setDetail(detail)
        .setForMillis(Math.max(1, lasting.toMillis()))
        .build();
  }
}
