package io.mailraft.node.http.v1.history;

import io.mailraft.node.http.exchange.Exchange;
import io.mailraft.node.json.InputException;
import io.mailraft.node.json.InputException.Fault;
import io.mailraft.queue.History;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.MessageQuery;
import io.mailraft.queue.MessageQuery.State;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The parameters in the query of a request. */
final class Parameters {
  private static final int LIMIT_DEFAULT = 100;

  /** Longest value that can be meant: no address, tag or zone is longer. */
  private static final int VALUE_MAX = 1_000;

  private static final String NULL_SENDER = "<>";

  private final Exchange exchange;

  Parameters(Exchange exchange) {
    this.exchange = exchange;
  }

  /** A parameter's text; empty where it is missing or has none. */
  Optional<String> text(String name) throws InputException {
    Optional<String> text = exchange.query(name).filter(value -> !value.isEmpty());
    if (text.isPresent() && text.get().length() > VALUE_MAX) {
      throw wrong(name, "is longer than " + VALUE_MAX + " characters");
    }
    return text;
  }

  int limit() throws InputException {
    Optional<String> text = text("limit");
    if (text.isEmpty()) {
      return LIMIT_DEFAULT;
    }
    try {
      int limit = Integer.parseInt(text.get());
      if (limit >= 1 && limit <= History.PAGE_MAX) {
        return limit;
      }
    } catch (NumberFormatException e) {
      throw wrong("limit", "is not a number of 1 to " + History.PAGE_MAX, e);
    }
    throw wrong("limit", "is not in 1 to " + History.PAGE_MAX);
  }

  /** Where a search goes on. */
  Optional<MessageId> cursor() throws InputException {
    Optional<String> text = text("cursor");
    try {
      return text.map(MessageId::parse);
    } catch (IllegalArgumentException e) {
      throw wrong("cursor", "is not what the last page gave as next", e);
    }
  }

  MessageQuery query() throws InputException {
    return new MessageQuery(
        text("recipient"),
        text("sender").map(sender -> sender.equals(NULL_SENDER) ? "" : sender),
        text("tag"),
        text("zone"),
        state(),
        time("from", 0),
        time("to", MessageQuery.MILLIS_END));
  }

  private Optional<State> state() throws InputException {
    Optional<String> text = text("state");
    for (State state : State.values()) {
      if (text.filter(name(state)::equals).isPresent()) {
        return Optional.of(state);
      }
    }
    if (text.isEmpty()) {
      return Optional.empty();
    }
    throw wrong(
        "state",
        "is none of "
            + Arrays.stream(State.values())
                .map(Parameters::name)
                .collect(Collectors.joining(", ")));
  }

  static String name(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private long time(String name, long missing) throws InputException {
    Optional<String> text = text(name);
    if (text.isEmpty()) {
      return missing;
    }
    try {
      Instant time = OffsetDateTime.parse(text.get()).toInstant();
      return Math.clamp(time.toEpochMilli(), 0, MessageQuery.MILLIS_END);
    } catch (DateTimeException | ArithmeticException e) {
      throw wrong(name, "is not a time such as 2030-01-31T10:00:00Z", e);
    }
  }

  private static InputException wrong(String name, String what) {
    return new InputException(Fault.INVALID_PARAMETER, name + " " + what);
  }

  static InputException wrong(String name, String what, RuntimeException cause) {
    return new InputException(Fault.INVALID_PARAMETER, name + " " + what, cause);
  }
}
