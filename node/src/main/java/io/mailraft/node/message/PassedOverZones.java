package io.mailraft.node.message;

import io.mailraft.api.log.PassedOver;
import io.mailraft.router.Refusal;
import java.util.Collection;
import java.util.List;

/** The zones that were named for a message and passed over, as its timeline keeps them. */
public final class PassedOverZones {
  /** Most of them that are kept, and logged, for one message. */
  public static final int KEPT_MAX = 10;

  private PassedOverZones() {}

  /** The first few. */
  public static List<PassedOver> of(Collection<Refusal> refused) {
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
}
