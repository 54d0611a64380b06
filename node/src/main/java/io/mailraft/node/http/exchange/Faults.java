package io.mailraft.node.http.exchange;

import com.linecorp.armeria.common.HttpStatus;
import io.mailraft.node.json.InputException;
import io.mailraft.node.spool.SpoolFullException;
import io.mailraft.queue.QueueException;
import io.mailraft.queue.QueueException.Reason;
import io.mailraft.queue.store.DamagedException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is thrown while a request is served, as the error that its client is told. */
public final class Faults {
  private static final Logger LOG = LoggerFactory.getLogger(Faults.class);

  /** Waits that a client is asked for. */
  static final Duration SOON = Duration.ofSeconds(1);

  private static final Duration LATER = Duration.ofSeconds(5);
  private static final Duration MUCH_LATER = Duration.ofSeconds(60);

  private Faults() {}

  /**
   * Tells what a client is told, and logs what it is not.
   *
   * @param request method and path, for the log
   */
  public static Fault of(Exception thrown, String request) {
    return switch (thrown) {
      case InputException e when e.fault() == InputException.Fault.BUSY ->
          Fault.of(
              HttpStatus.SERVICE_UNAVAILABLE,
              e.fault().code(),
              String.valueOf(e.getMessage()),
              Optional.of(SOON));
      case InputException e ->
          new Fault(
              e.fault() == InputException.Fault.TOO_LARGE
                  ? HttpStatus.REQUEST_ENTITY_TOO_LARGE
                  : HttpStatus.BAD_REQUEST,
              e.fault().code(),
              String.valueOf(e.getMessage()),
              e.path(),
              Optional.empty());
      case RefusedException e ->
          Fault.of(e.status(), e.code(), String.valueOf(e.getMessage()), e.retryAfter());
      case ClientGoneException e -> {
        LOG.debug("{} broke off", request, e);
        yield Fault.of(
            HttpStatus.BAD_REQUEST, "BrokenOff", "the request broke off", Optional.empty());
      }
      case QueueException e -> queue(e);
      case SpoolFullException e -> {
        LOG.warn("a request was refused: {}", e.getMessage());
        yield later(Reason.DISK_FULL, "DiskFull", MUCH_LATER);
      }
      case IOException e -> {
        LOG.error("a file of a request cannot be used", e);
        yield Fault.of(
            HttpStatus.SERVICE_UNAVAILABLE,
            "StorageTrouble",
            "the service has trouble with its disk, try again later",
            Optional.of(MUCH_LATER));
      }
      case DamagedException e -> {
        LOG.debug("the replica stops", e); // It says so itself.
        yield later(Reason.NO_MAJORITY, "NoMajority", LATER);
      }
      default -> {
        LOG.error("{} ended in an unexpected error", request, thrown);
        yield Fault.of(
            HttpStatus.INTERNAL_SERVER_ERROR,
            "InternalError",
            "the service has trouble, try again later",
            Optional.empty());
      }
    };
  }

  private static Fault queue(QueueException e) {
    LOG.debug("the queue refused a request: {}: {}", e.reason(), e.getMessage());
    String text = e.reason().text();
    return switch (e.reason()) {
      case NO_MAJORITY -> later(e.reason(), "NoMajority", LATER);
      case BUSY -> later(e.reason(), "Busy", SOON);
      case STOPPING -> later(e.reason(), "Stopping", SOON);
      case DISK_FULL -> later(e.reason(), "DiskFull", MUCH_LATER);
      case COLLECTED -> later(e.reason(), "TooSlow", SOON);
      case INVALID -> Fault.of(HttpStatus.BAD_REQUEST, "Refused", text, Optional.empty());
      case OVER_QUOTA ->
          Fault.of(
              HttpStatus.TOO_MANY_REQUESTS,
              "OverQuota",
              e.text(),
              Optional.of(e.retryAfter().orElse(MUCH_LATER)));
      case OLDER_NODE ->
          Fault.of(
              HttpStatus.CONFLICT, "OlderNode", String.valueOf(e.getMessage()), Optional.empty());
      case KEY_USED -> Fault.of(HttpStatus.UNPROCESSABLE_ENTITY, "KeyUsed", text, Optional.empty());
      case UNKNOWN -> Fault.of(HttpStatus.NOT_FOUND, "NotFound", text, Optional.empty());
    };
  }

  private static Fault later(Reason reason, String code, Duration retryAfter) {
    return Fault.of(HttpStatus.SERVICE_UNAVAILABLE, code, reason.text(), Optional.of(retryAfter));
  }
}
