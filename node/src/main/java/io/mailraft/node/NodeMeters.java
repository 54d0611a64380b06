package io.mailraft.node;

import io.mailraft.api.log.Envelope;
import io.mailraft.api.log.Recipient;
import io.mailraft.delivery.SiteState;
import io.mailraft.node.log.MessageLog;
import io.mailraft.node.smtp.SmtpEvents;
import io.mailraft.node.watch.AcceptMeters;
import io.mailraft.node.watch.MemoryMeters;
import io.mailraft.node.watch.QueueMeters;
import io.mailraft.node.watch.RaftMeters;
import io.mailraft.node.watch.ZoneLabels;
import io.mailraft.queue.GroupState;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.Queue;
import io.mailraft.queue.shard.Depth;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/** The node's own metrics, {@code mailraft_...}, beside those of delivery and of the JVM. */
final class NodeMeters {
  private final MeterRegistry registry;

  private final ZoneLabels zones;
  private final AcceptMeters accept;

  /**
   * @param sites how a zone's sites are
   * @param dropped lines about messages that were not logged
   */
  NodeMeters(
      MeterRegistry registry,
      Queue queue,
      Function<String, List<SiteState>> sites,
      LongSupplier dropped,
      InstantSource clock) {
    this.registry = registry;
    this.zones = new ZoneLabels(registry);
    this.accept = new AcceptMeters(registry, zones);
    var _ = new QueueMeters(registry, zones, queue, clock, sites);
    var _ =
        new RaftMeters(
            registry,
            queue.vitals(),
            queue.groups().stream().map(GroupState::name).toList(),
            clock);
    MemoryMeters.bind(registry, queue.vitals());
    FunctionCounter.builder("mailraft.log.dropped", registry, ignored -> dropped.getAsLong())
        .description("lines about messages that were not logged, since too many were waiting")
        .register(registry);
    Gauge.builder("mailraft.queue.ready", queue, q -> q.unready().isEmpty() ? 1 : 0)
        .description("1 while mail can be accepted")
        .register(registry);
    Gauge.builder("mailraft.zones.unserved", queue, q -> unserved(q).size())
        .description("zones that no live node can deliver for")
        .register(registry);
    Gauge.builder("mailraft.zones.unserved.deliveries", queue, q -> waiting(q, unserved(q)))
        .description("open deliveries of zones that no live node can deliver for")
        .register(registry);
    Gauge.builder("mailraft.zones.suspended", queue, q -> q.suspensions().present().size())
        .description("zones that an operator has suspended")
        .register(registry);
    Gauge.builder(
            "mailraft.zones.suspended.deliveries",
            queue,
            q -> waiting(q, q.suspensions().present().keySet()))
        .description("open deliveries of zones that an operator has suspended")
        .register(registry);
    Gauge.builder("mailraft.queue.outcomes.unconfirmed", queue, Queue::unconfirmedOutcomes)
        .description("outcomes that no shard has confirmed yet")
        .register(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
  }

  /** Zones that nobody can serve; a suspended one is not served on purpose. */
  private static Set<String> unserved(Queue queue) {
    Set<String> unserved = new HashSet<>();
    queue
        .duties()
        .ifPresent(
            duties ->
                duties
                    .assignments()
                    .zones()
                    .forEach(
                        (zone, servers) -> {
                          if (servers.isEmpty() && !duties.suspensions().containsKey(zone)) {
                            unserved.add(zone);
                          }
                        }));
    return unserved;
  }

  private static double waiting(Queue queue, Set<String> zones) {
    Map<String, Depth> depths = queue.zones();
    return zones.stream()
        .map(zone -> depths.getOrDefault(zone, Depth.ZERO))
        .mapToDouble(
            depth -> (double) (depth.queued() + depth.claimed() + depth.deferred() + depth.held()))
        .sum();
  }

  /** Takes over the zones of the cluster document. Called on one thread. */
  void zones(Set<String> names) {
    zones.take(names);
  }

  /** The HTTP listener is open. */
  void http(IntSupplier connections) {
    Gauge.builder("mailraft.http.connections", connections::getAsInt)
        .description("open connections of the HTTP listener")
        .register(registry);
  }

  /** Counts and logs a message that was accepted. */
  void accepted(
      MessageId id, Envelope envelope, List<Recipient> recipients, long bytes, Duration took) {
    accept.accepted(envelope, recipients, bytes, took);
    MessageLog.accepted(id, envelope, recipients, bytes, took);
  }

  /** Counts what happens at one SMTP listener. */
  SmtpEvents smtp(String listener) {
    Tags tags = Tags.of("listener", listener);
    AtomicInteger open = new AtomicInteger();
    Gauge.builder("mailraft.smtp.sessions", open, AtomicInteger::get)
        .description("open SMTP sessions")
        .tags(tags)
        .register(registry);
    Counter messages =
        Counter.builder("mailraft.smtp.messages.accepted")
            .description("Messages accepted by SMTP")
            .tags(tags)
            .register(registry);
    Counter recipients =
        Counter.builder("mailraft.smtp.recipients.accepted")
            .description("Recipients of messages accepted by SMTP")
            .tags(tags)
            .register(registry);
    DistributionSummary sizes =
        DistributionSummary.builder("mailraft.smtp.message.size")
            .description("Size of messages accepted by SMTP")
            .baseUnit("bytes")
            .tags(tags)
            .register(registry);
    Map<SmtpEvents.Refusal, Counter> refused = new EnumMap<>(SmtpEvents.Refusal.class);
    for (SmtpEvents.Refusal reason : SmtpEvents.Refusal.values()) {
      refused.put(
          reason,
          Counter.builder("mailraft.smtp.sessions.refused")
              .description("Connections refused before their SMTP session")
              .tags(tags.and("reason", reason.name()))
              .register(registry));
    }
    return new SmtpEvents() {
      @Override
      public void sessionOpened() {
        open.incrementAndGet();
      }

      @Override
      public void sessionClosed() {
        open.decrementAndGet();
      }

      @Override
      public void sessionRefused(Refusal reason) {
        Objects.requireNonNull(refused.get(reason)).increment();
      }

      @Override
      public void messageAccepted(long bytes, int recipientCount) {
        messages.increment();
        recipients.increment(recipientCount);
        sizes.record((double) bytes);
      }

      @Override
      public void messageRefused(int code, String enhanced) {
        Counter.builder("mailraft.smtp.messages.refused")
            .description("Content that was refused, by our reply")
            .tags(tags.and("code", String.valueOf(code), "enhanced", enhanced))
            .register(registry)
            .increment();
      }
    };
  }
}
