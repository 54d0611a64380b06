package io.mailraft.node.http.mail;

import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import io.mailraft.node.http.exchange.Exchange;
import io.mailraft.node.http.exchange.RefusedException;
import io.mailraft.node.json.InputException;
import io.mailraft.node.json.InputException.Fault;
import java.io.IOException;
import java.util.function.Predicate;

/** What must be so of a request that brings mail before a byte of its body is read. */
public final class BodyCheck {
  private BodyCheck() {}

  /**
   * Looks at what a request says of its body, before a byte of that is read.
   *
   * @param wanted whether the media type will do
   * @param hint the header that would be right
   * @throws RefusedException if it is of another type, or coded
   * @throws InputException if it is too large
   */
  public static void check(Exchange exchange, Front front, Predicate<MediaType> wanted, String hint)
      throws IOException {
    if (exchange.contentType().filter(wanted).isEmpty()) {
      throw new RefusedException(
          HttpStatus.UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", "this call needs " + hint);
    }
    if (exchange
        .header("Content-Encoding")
        .filter(coding -> !coding.equals("identity"))
        .isPresent()) {
      throw new RefusedException(
          HttpStatus.UNSUPPORTED_MEDIA_TYPE,
          "UnsupportedMediaType",
          "the body must not be compressed");
    }
    long length = exchange.contentLength().orElse(0);
    if (length > front.maxMessageBytes()) {
      throw new InputException(
          Fault.TOO_LARGE,
          "the body has " + length + " bytes; " + front.maxMessageBytes() + " are allowed");
    }
  }

  /**
   * The same where the body is JSON.
   *
   * @throws RefusedException if it is of another type, or coded
   * @throws InputException if it is too large
   */
  public static void json(Exchange exchange, Front front) throws IOException {
    check(
        exchange,
        front,
        type -> type.is(MediaType.JSON) || type.subtype().endsWith("+json"),
        "Content-Type: application/json");
  }
}
