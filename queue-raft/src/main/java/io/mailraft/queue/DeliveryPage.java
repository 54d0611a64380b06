package io.mailraft.queue;

import java.util.List;
import java.util.Optional;

/**
 * A part of a list of deliveries.
 *
 * @param rows the deliveries, in the order of the list
 * @param next where the list goes on; empty at its end
 */
public record DeliveryPage(List<ListedDelivery> rows, Optional<String> next) {
  public DeliveryPage {
    rows = List.copyOf(rows);
  }
}
