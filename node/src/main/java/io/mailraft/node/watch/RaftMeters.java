package io.mailraft.node.watch;

import io.mailraft.queue.Vitals;
import io.mailraft.queue.raft.GroupVitals;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Each Raft group of a node, by its name. */
public final class RaftMeters {
  private static final String GROUP = "group";
  private static final Duration FRESH = Duration.ofSeconds(1);

  /** Bounds of the histogram of commits. */
  private static final Duration[] BOUNDS = {
    Duration.ofNanos(500_000),
    Duration.ofMillis(1),
    Duration.ofMillis(2),
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(25),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(250),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofSeconds(5)
  };

  private final MeterRegistry registry;
  private final Supplier<Map<String, GroupVitals>> groups;

  /**
   * @param names the groups of this node
   */
  public RaftMeters(
      MeterRegistry registry, Vitals vitals, List<String> names, InstantSource clock) {
    this.registry = registry;
    this.groups =
        new Sample<>(
            FRESH,
            System::nanoTime,
            () -> {
              Map<String, GroupVitals> seen = new HashMap<>();
              vitals.groups().forEach(group -> seen.put(group.name(), group));
              return seen;
            });
    Map<String, Timer> commits = new HashMap<>();
    for (String name : names) {
      commits.put(name, show(name, clock));
    }
    vitals.onCommitted(
        (group, nanos) -> {
          Timer commit = commits.get(group);
          if (commit != null) {
            commit.record(nanos, TimeUnit.NANOSECONDS);
          }
        });
  }

  private Timer show(String group, InstantSource clock) {
    counter(
        "leader.changes", null, "Leaders that were heard of", group, GroupVitals::leaderChanges);
    counter("applied.entries", null, "Entries applied", group, GroupVitals::appliedEntries);
    counter(
        "applied",
        "bytes",
        "What applied entries take in the log",
        group,
        GroupVitals::appliedBytes);
    counter(
        "log.fsyncs", null, "Times that the log was brought to disk", group, GroupVitals::fsyncs);
    gauge("log.entries", null, "Entries in the log", group, GroupVitals::logEntries);
    gauge("log", "bytes", "Size of the log's files", group, GroupVitals::logBytes);
    gauge("leading", null, "1 on the node that leads the group", group, is -> is.leading() ? 1 : 0);
    gauge("term", null, "Raft term", group, GroupVitals::term);
    gauge(
        "apply.lag.entries",
        null,
        "Entries that are known to be committed and are not applied here",
        group,
        GroupVitals::lagEntries);
    gauge(
        "snapshot",
        "bytes",
        "Size of the newest snapshot; 0 without one",
        group,
        is -> is.snapshot().map(GroupVitals.SnapshotFacts::bytes).orElse(0L).doubleValue());
    gauge(
        "snapshot.age",
        "seconds",
        "Age of the newest snapshot; NaN without one",
        group,
        is ->
            is.snapshot()
                .map(facts -> Duration.between(facts.taken(), clock.instant()).toMillis() / 1e3)
                .orElse(Double.NaN));
    return Timer.builder("mailraft.raft.commit")
        .description("Time from handing an entry to Raft until it is committed and applied here")
        .serviceLevelObjectives(BOUNDS)
        .tag(GROUP, group)
        .register(registry);
  }

  private double value(String group, ToDoubleFunction<GroupVitals> of) {
    GroupVitals seen = groups.get().get(group);
    return seen == null ? Double.NaN : of.applyAsDouble(seen);
  }

  private void gauge(
      String name,
      @Nullable String unit,
      String says,
      String group,
      ToDoubleFunction<GroupVitals> of) {
    Gauge.builder("mailraft.raft." + name, () -> value(group, of))
        .description(says)
        .baseUnit(unit)
        .tag(GROUP, group)
        .register(registry);
  }

  /** Micrometer holds the object of a counter weakly; the registry lives as long as its meters. */
  private void counter(
      String name,
      @Nullable String unit,
      String says,
      String group,
      ToDoubleFunction<GroupVitals> of) {
    FunctionCounter.builder("mailraft.raft." + name, registry, ignored -> value(group, of))
        .description(says + " since the start")
        .baseUnit(unit)
        .tag(GROUP, group)
        .register(registry);
  }
}
