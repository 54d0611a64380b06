package io.mailraft.node.http.seed;

import io.mailraft.node.heap.HeapShare;
import io.mailraft.node.http.exchange.Calls;
import io.mailraft.node.http.exchange.Exchange;
import io.mailraft.node.http.mail.BodyCheck;
import io.mailraft.node.http.mail.Caller;
import io.mailraft.node.http.mail.Front;
import io.mailraft.node.http.mail.HeaderEnvelope;
import io.mailraft.node.http.mail.MailIntake;
import io.mailraft.node.json.InputException;
import io.mailraft.node.json.InputException.Fault;
import io.mailraft.node.mime.AddressLimit;
import io.mailraft.node.mime.MailEnvelope;
import io.mailraft.node.submit.Accepted;
import io.mailraft.node.submit.Terms;
import io.mailraft.queue.QueueException;
import java.io.IOException;

/** POST /send-raw: a whole message, with its envelope in the query or in its headers. */
final class SendRawCall implements Calls.Call {
  private final Front front;

  SendRawCall(Front front) {
    this.front = front;
  }

  @Override
  public void serve(Exchange exchange) throws IOException, QueueException {
    BodyCheck.check(
        exchange,
        front,
        type ->
            type.type().equals("message")
                && (type.subtype().equals("rfc822") || type.subtype().equals("global")),
        "Content-Type: message/rfc822");
    Caller caller = Caller.of(exchange, front.trusted());
    try (HeapShare heap = front.heap().share(exchange.clientName())) {
      take(exchange, caller, heap);
    }
  }

  private void take(Exchange exchange, Caller caller, HeapShare heap)
      throws IOException, QueueException {
    // What the query says is judged before the body is waited for.
    HeaderEnvelope envelope =
        new HeaderEnvelope(
            exchange.query("from"),
            exchange.queries("to"),
            AddressLimit.of(front.maxRecipients(), heap));
    try (MailIntake intake = new MailIntake(front, caller, Terms.NONE, true, heap)) {
      intake.copy(exchange.body());
      if (intake.isEmpty()) {
        throw new InputException(Fault.INVALID_CONTENT, "the body is empty");
      }
      intake.end();
      MailEnvelope mail = envelope.with(intake.headerLines());
      Accepted accepted = intake.commit(mail);
      // Yes is said only here: commit has returned, so a majority has the message on disk (I1).
      Submissions.answer(exchange, mail, accepted);
    }
  }
}
