package io.mailraft.node.http.seed;

import com.linecorp.armeria.common.MediaType;
import io.mailraft.node.http.exchange.Calls;
import io.mailraft.node.http.exchange.Exchange;
import io.mailraft.node.http.mail.Accepted;
import io.mailraft.node.http.mail.Caller;
import io.mailraft.node.http.mail.Front;
import io.mailraft.node.http.mail.MailIntake;
import io.mailraft.node.json.JsonReader;
import io.mailraft.node.mime.Letter;
import io.mailraft.node.mime.LetterReader;
import io.mailraft.node.mime.MailEnvelope;
import io.mailraft.node.spool.Spool;
import io.mailraft.node.spool.SpoolFile;
import io.mailraft.queue.QueueException;
import java.io.IOException;
import java.util.Optional;

/** POST /send: a message as JSON. */
final class SendCall implements Calls.Call {
  private final Front front;
  private final Spool spools;
  private final SeedMeters meters;

  SendCall(Front front, Spool spools, SeedMeters meters) {
    this.front = front;
    this.spools = spools;
    this.meters = meters;
  }

  @Override
  public void serve(Exchange exchange) throws IOException, QueueException {
    Submissions.checkBody(
        exchange,
        front,
        type -> type.is(MediaType.JSON) || type.subtype().endsWith("+json"),
        "Content-Type: application/json");
    Caller caller = Caller.of(exchange, front.trusted());
    try (SpoolFile spool = spools.begin();
        JsonReader reader = new JsonReader(exchange.body(), spool, front.maxMessageBytes())) {
      Letter letter = LetterReader.read(reader);
      letter.check();
      Optional<MailEnvelope> named = letter.envelope();
      if (named.isPresent()) {
        MailIntake.check(named.get(), front);
      }
      try (MailIntake intake = new MailIntake(front, caller, named.isEmpty())) {
        if (letter.isRaw()) {
          intake.copy(letter.rawContent());
        } else {
          intake.copy(letter::writeTo);
        }
        intake.end();
        MailEnvelope mail =
            named.isPresent() ? named.get() : HeaderEnvelope.of(intake.headerLines());
        Accepted accepted = intake.commit(mail);
        // Yes is said only here: commit has returned, so a majority has the message on disk (I1).
        meters.accepted(accepted);
        Submissions.answer(exchange, mail, accepted);
      }
    }
  }
}
