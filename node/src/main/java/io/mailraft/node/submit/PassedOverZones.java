package io.mailraft.node.submit;

import io.mailraft.api.log.PassedOver;
import io.mailraft.queue.MessageId;
import io.mailraft.router.Refusal;
import java.util.Collection;
import java.util.List;
import org.slf4j.Logger;

/** The zones that were named for a message and passed over, as its timeline keeps them. */
final class PassedOverZones {
  /** Most of them that are kept, and as many logged, for one message. */
  private static final int KEPT_MAX = 10;

  private PassedOverZones() {}

  /** The first few. */
  static List<PassedOver> of(Collection<Refusal> refused) {
    return refused.stream()
        .limit(KEPT_MAX)
        .map(
            refusal ->
                PassedOver.newBuilder()
                    .setRule(refusal.rule().key())
                    .setZone(refusal.zone())
                    .setReason(refusal.reason().text())
                    .build())
        .toList();
  }

  /** Logs the first few. */
  static void log(Logger log, MessageId id, Collection<Refusal> refused) {
    refused.stream()
        .limit(KEPT_MAX)
        .forEach(
            refusal ->
                log.info(
                    "{}: {} names the zone '{}', which is {}: passed over",
                    id,
                    refusal.rule().key(),
                    refusal.zone(),
                    refusal.reason().text()));
  }
}
