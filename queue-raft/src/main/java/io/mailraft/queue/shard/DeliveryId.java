package io.mailraft.queue.shard;

import io.mailraft.queue.MessageId;
import java.util.Comparator;

/**
 * The name of a delivery.
 *
 * @param message its message
 * @param seq number of its recipient, from 1
 */
public record DeliveryId(MessageId message, int seq) implements Comparable<DeliveryId> {
  private static final Comparator<DeliveryId> ORDER =
      Comparator.comparing(DeliveryId::message).thenComparingInt(DeliveryId::seq);

  @Override
  public int compareTo(DeliveryId other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return message + "." + String.format("%03x", seq);
  }
}
