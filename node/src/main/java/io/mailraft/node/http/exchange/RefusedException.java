package io.mailraft.node.http.exchange;

import com.linecorp.armeria.common.HttpStatus;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** A request is answered with an error. The message is for the client. */
public final class RefusedException extends IOException {
  private static final long serialVersionUID = 1L;

  private final transient HttpStatus status;
  private final String code;
  private final transient Optional<Duration> retryAfter;

  /**
   * @param status answer's status
   * @param code word for machines
   */
  public RefusedException(HttpStatus status, String code, String message) {
    this(status, code, message, Optional.empty());
  }

  /**
   * @param retryAfter after which another try may succeed
   */
  public RefusedException(
      HttpStatus status, String code, String message, Optional<Duration> retryAfter) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }

  HttpStatus status() {
    return status;
  }

  String code() {
    return code;
  }

  Optional<Duration> retryAfter() {
    return retryAfter;
  }
}
