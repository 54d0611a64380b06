package io.mailraft.node.http.exchange;

import com.linecorp.armeria.common.HttpStatus;
import java.time.Duration;
import java.util.Optional;

/**
 * Why a request is answered with an error.
 *
 * @param status answer's status
 * @param code word for machines
 * @param message for the client
 * @param path JSON path of what is at fault, where that is a field
 * @param retryAfter after which another try may succeed, where waiting helps
 */
public record Fault(
    HttpStatus status,
    String code,
    String message,
    Optional<String> path,
    Optional<Duration> retryAfter) {

  static Fault of(HttpStatus status, String code, String message, Optional<Duration> retryAfter) {
    return new Fault(status, code, message, Optional.empty(), retryAfter);
  }

  /** An error that the server itself found: its code is the name of its status. */
  public static Fault of(HttpStatus status, String message) {
    return of(status, status.reasonPhrase().replaceAll("[^A-Za-z]", ""), message, Optional.empty());
  }
}
