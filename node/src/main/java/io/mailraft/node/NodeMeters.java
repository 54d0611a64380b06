package io.mailraft.node;

import io.mailraft.node.smtp.SmtpEvents;
import io.mailraft.queue.Queue;
import io.mailraft.queue.shard.Depth;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToDoubleFunction;

/** The node's own metrics, {@code mailraft_...}, beside those of delivery and of the JVM. */
final class NodeMeters {
  private final MeterRegistry registry;

  NodeMeters(MeterRegistry registry, Queue queue) {
    this.registry = registry;
    state(queue, "queued", Depth::queued);
    state(queue, "claimed", Depth::claimed);
    state(queue, "deferred", Depth::deferred);
    state(queue, "held", Depth::held);
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

  private void state(Queue queue, String state, ToDoubleFunction<Depth> count) {
    Gauge.builder(
            "mailraft.queue.deliveries",
            queue,
            q -> q.zones().values().stream().mapToDouble(count).sum())
        .description("open deliveries of the cluster by state, as this node has applied them")
        .tag("state", state)
        .register(registry);
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
        Counter.builder("mailraft.smtp.messages.accepted").tags(tags).register(registry);
    Counter recipients =
        Counter.builder("mailraft.smtp.recipients.accepted").tags(tags).register(registry);
    DistributionSummary sizes =
        DistributionSummary.builder("mailraft.smtp.message.size")
            .baseUnit("bytes")
            .tags(tags)
            .register(registry);
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
        registry
            .counter("mailraft.smtp.sessions.refused", tags.and("reason", reason.name()))
            .increment();
      }

      @Override
      public void messageAccepted(long bytes, int recipientCount) {
        messages.increment();
        recipients.increment(recipientCount);
        sizes.record((double) bytes);
      }

      @Override
      public void messageRefused(int code, String enhanced) {
        registry
            .counter(
                "mailraft.smtp.messages.refused",
                tags.and("code", String.valueOf(code), "enhanced", enhanced))
            .increment();
      }
    };
  }
}
