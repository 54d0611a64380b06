package io.mailraft.node.http.mail;

import io.mailraft.node.submit.Accepted;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;

/** Counts the mail that comes in by HTTP. */
public final class AcceptedMeters {
  private final Counter messages;
  private final Counter recipients;
  private final DistributionSummary sizes;

  public AcceptedMeters(MeterRegistry registry) {
    messages =
        Counter.builder("mailraft.http.messages.accepted")
            .description("Messages accepted by HTTP")
            .register(registry);
    recipients =
        Counter.builder("mailraft.http.recipients.accepted")
            .description("Recipients of messages accepted by HTTP")
            .register(registry);
    sizes =
        DistributionSummary.builder("mailraft.http.message.size")
            .description("Size of messages accepted by HTTP")
            .baseUnit("bytes")
            .register(registry);
  }

  /** A message was accepted; a repeat of it counts no more. */
  public void accepted(Accepted accepted) {
    if (accepted.repeated()) {
      return;
    }
    messages.increment();
    recipients.increment(accepted.recipients());
    sizes.record((double) accepted.bytes());
  }
}
