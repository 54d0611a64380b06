package io.mailraft.node.http.seed;

import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import io.mailraft.node.http.exchange.Exchange;
import io.mailraft.node.http.exchange.RefusedException;
import io.mailraft.node.http.mail.Accepted;
import io.mailraft.node.http.mail.Front;
import io.mailraft.node.json.InputException;
import io.mailraft.node.json.InputException.Fault;
import io.mailraft.node.mime.MailEnvelope;
import io.mailraft.node.mime.Mailbox;
import java.io.IOException;
import java.util.function.Predicate;

/** What the calls that take mail have in common. */
final class Submissions {
  private Submissions() {}

  /**
   * Looks at what a request says of its body, before a byte of that is read.
   *
   * @param wanted whether the media type will do
   * @param hint the header that would be right
   * @throws RefusedException if it is of another type, or coded
   * @throws InputException if it is too large
   */
  static void checkBody(Exchange exchange, Front front, Predicate<MediaType> wanted, String hint)
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

  /** The seed's answer to a message that was accepted. */
  static void answer(Exchange exchange, MailEnvelope mail, Accepted accepted) throws IOException {
    exchange.json(
        HttpStatus.OK,
        json -> {
          json.writeStartObject();
          json.writeStringField("id", accepted.id().toString());
          json.writeStringField("from", mail.sender());
          json.writeArrayFieldStart("to");
          for (Mailbox mailbox : mail.recipients()) {
            json.writeString(mailbox.address());
          }
          json.writeEndArray();
          json.writeStringField("response", "Message queued as " + accepted.id());
          json.writeEndObject();
        });
  }
}
