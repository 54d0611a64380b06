package io.mailraft.node.http.seed;

import com.linecorp.armeria.common.HttpStatus;
import io.mailraft.node.http.exchange.Exchange;
import io.mailraft.node.mime.MailEnvelope;
import io.mailraft.node.mime.Mailbox;
import io.mailraft.node.submit.Accepted;
import java.io.IOException;

/** What the calls that take mail have in common. */
final class Submissions {
  private Submissions() {}

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
