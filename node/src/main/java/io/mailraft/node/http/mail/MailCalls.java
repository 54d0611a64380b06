package io.mailraft.node.http.mail;

import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.server.HttpService;
import io.mailraft.node.http.exchange.Calls;
import io.mailraft.node.http.exchange.ErrorForm;
import io.mailraft.node.http.exchange.RefusedException;
import io.mailraft.node.spool.Spool;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * What the calls of a listener that take mail have in common.
 *
 * @param calls runs them
 * @param front what their messages share
 * @param spools keeps what is too large for memory
 * @param open whether the node accepts mail already
 */
public record MailCalls(Calls calls, Front front, Spool spools, BooleanSupplier open) {
  private static final Duration START_WAIT = Duration.ofSeconds(1);

  /** The service that makes a call, once the node has joined its cluster and knows its zones. */
  public HttpService service(Calls.Call call, ErrorForm errors) {
    return calls.service(
        exchange -> {
          if (!open.getAsBoolean()) {
            throw new RefusedException(
                HttpStatus.SERVICE_UNAVAILABLE,
                "Starting",
                "this node is starting, try again later",
                Optional.of(START_WAIT));
          }
          call.serve(exchange);
        },
        errors);
  }
}
