package io.mailraft.node.http.seed;

import io.mailraft.node.http.mail.Accepted;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;

/** Counts the mail that comes in by HTTP. */
final class SeedMeters {
  private final Counter messages;
  private final Counter recipients;
  private final DistributionSummary sizes;

  SeedMeters(MeterRegistry registry) {
    messages = Counter.builder("mailraft.http.messages.accepted").register(registry);
    recipients = Counter.builder("mailraft.http.recipients.accepted").register(registry);
    sizes =
        DistributionSummary.builder("mailraft.http.message.size")
            .baseUnit("bytes")
            .register(registry);
  }

  void accepted(Accepted accepted) {
    messages.increment();
    recipients.increment(accepted.recipients());
    sizes.record((double) accepted.bytes());
  }
}
