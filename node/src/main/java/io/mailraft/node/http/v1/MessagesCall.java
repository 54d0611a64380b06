package io.mailraft.node.http.v1;

import com.fasterxml.jackson.core.JsonGenerator;
import com.linecorp.armeria.common.HttpStatus;
import io.mailraft.node.heap.HeapShare;
import io.mailraft.node.http.exchange.Calls;
import io.mailraft.node.http.exchange.Exchange;
import io.mailraft.node.http.mail.BodyCheck;
import io.mailraft.node.http.mail.Caller;
import io.mailraft.node.http.mail.Front;
import io.mailraft.node.http.mail.LetterIntake;
import io.mailraft.node.mime.Mailbox;
import io.mailraft.queue.QueueException;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;

/** POST /v1/messages: a message as JSON. */
final class MessagesCall implements Calls.Call {
  private final Front front;
  private final MessageIntake intake;

  MessagesCall(Front front, MessageIntake intake) {
    this.front = front;
    this.intake = intake;
  }

  @Override
  public void serve(Exchange exchange) throws IOException, QueueException {
    BodyCheck.json(exchange, front);
    Caller caller = Caller.of(exchange, front.trusted());
    Optional<RequestName> name = RequestName.of(exchange, caller);
    MessageIntake.Taken taken;
    try (HeapShare heap = front.heap().share(exchange.clientName())) {
      taken = intake.take(exchange.body(), caller, name, heap);
    }
    // Yes is said only here: take has returned, so a majority has the message on disk (I1).
    exchange.json(
        HttpStatus.ACCEPTED,
        json -> {
          json.writeStartObject();
          fields(json, taken);
          json.writeEndObject();
        });
  }

  /**
   * Writes what the client is told of an accepted message. All of it follows from the request and
   * the id, so that a repeat is answered as the first one was.
   */
  static void fields(JsonGenerator json, MessageIntake.Taken taken) throws IOException {
    LetterIntake.Taken letter = taken.letter();
    json.writeStringField("id", letter.accepted().id().toString());
    json.writeStringField("from", letter.mail().sender());
    json.writeArrayFieldStart("to");
    for (Mailbox mailbox : letter.mail().recipients()) {
      json.writeString(mailbox.address());
    }
    json.writeEndArray();
    Optional<Instant> sendAt = taken.sendAt();
    if (sendAt.isPresent()) {
      json.writeStringField("sendAt", sendAt.get().toString());
    }
  }
}
