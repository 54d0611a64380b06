package io.mailraft.node.http.seed;

import io.mailraft.node.heap.HeapShare;
import io.mailraft.node.http.exchange.Calls;
import io.mailraft.node.http.exchange.Exchange;
import io.mailraft.node.http.mail.BodyCheck;
import io.mailraft.node.http.mail.Caller;
import io.mailraft.node.http.mail.Front;
import io.mailraft.node.http.mail.LetterIntake;
import io.mailraft.node.json.JsonReader;
import io.mailraft.node.mime.AddressLimit;
import io.mailraft.node.mime.Letter;
import io.mailraft.node.mime.LetterReader;
import io.mailraft.node.spool.Spool;
import io.mailraft.node.spool.SpoolFile;
import io.mailraft.node.submit.Terms;
import io.mailraft.queue.QueueException;
import java.io.IOException;

/** POST /send: a message as JSON. */
final class SendCall implements Calls.Call {
  private final Front front;
  private final Spool spools;

  SendCall(Front front, Spool spools) {
    this.front = front;
    this.spools = spools;
  }

  @Override
  public void serve(Exchange exchange) throws IOException, QueueException {
    BodyCheck.json(exchange, front);
    Caller caller = Caller.of(exchange, front.trusted());
    try (HeapShare heap = front.heap().share(exchange.clientName());
        SpoolFile spool = spools.begin();
        JsonReader reader = new JsonReader(exchange.body(), spool, heap, front.maxMessageBytes())) {
      Letter letter = LetterReader.read(reader, AddressLimit.of(front.maxRecipients(), heap));
      LetterIntake.Taken taken = LetterIntake.take(letter, front, caller, Terms.NONE, heap);
      // Yes is said only here: take has returned, so a majority has the message on disk (I1).
      Submissions.answer(exchange, taken.mail(), taken.accepted());
    }
  }
}
