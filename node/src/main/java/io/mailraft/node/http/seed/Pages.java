package io.mailraft.node.http.seed;

import io.mailraft.node.http.exchange.Exchange;
import io.mailraft.node.json.InputException;
import io.mailraft.node.json.InputException.Fault;
import io.mailraft.queue.Inspection;
import java.util.Optional;

/** How much of a list a request wants. */
final class Pages {
  private Pages() {}

  /**
   * The parameter {@code limit}: 1 to 1000, which it is where it is not given.
   *
   * @throws InputException if it is anything else
   */
  static int limit(Exchange exchange) throws InputException {
    Optional<String> asked = exchange.query("limit");
    if (asked.isEmpty()) {
      return Inspection.PAGE_MAX;
    }
    boolean number = asked.get().matches("[0-9]{1,4}");
    int limit = number ? Integer.parseInt(asked.get()) : 0;
    if (limit < 1 || limit > Inspection.PAGE_MAX) {
      throw new InputException(
          Fault.INVALID_PARAMETER, "limit: a number in 1 to " + Inspection.PAGE_MAX + " is needed");
    }
    return limit;
  }
}
