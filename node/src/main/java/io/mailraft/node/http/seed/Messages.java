package io.mailraft.node.http.seed;

import com.linecorp.armeria.common.HttpStatus;
import io.mailraft.node.http.exchange.Exchange;
import io.mailraft.node.http.exchange.RefusedException;
import io.mailraft.node.json.InputException;
import io.mailraft.queue.Inspection;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.OpenMessage;

/** Finds the message that a path names. */
final class Messages {
  private Messages() {}

  /**
   * The open message of the path's {@code id}.
   *
   * @throws RefusedException if there is none
   */
  static OpenMessage find(Exchange exchange, Inspection inspection) throws RefusedException {
    String text = exchange.path("id");
    MessageId id;
    try {
      id = MessageId.parse(text);
    } catch (IllegalArgumentException e) {
      RefusedException refused = none(text);
      refused.initCause(e);
      throw refused;
    }
    return inspection.message(id).orElseThrow(() -> none(text));
  }

  private static RefusedException none(String id) {
    return new RefusedException(
        HttpStatus.NOT_FOUND,
        "NotFound",
        "there is no open message " + InputException.quoted(id) + ": unknown, or ended");
  }
}
