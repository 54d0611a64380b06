package io.mailraft.node.http.mail;

import io.mailraft.node.heap.HeapShare;
import io.mailraft.node.mime.AddressLimit;
import io.mailraft.node.mime.Letter;
import io.mailraft.node.mime.MailEnvelope;
import io.mailraft.node.submit.Accepted;
import io.mailraft.node.submit.Terms;
import io.mailraft.queue.QueueException;
import java.io.IOException;
import java.util.Optional;

/** The way of a message that came as JSON into the queue. */
public final class LetterIntake {
  private LetterIntake() {}

  /**
   * A message that a majority of nodes has.
   *
   * @param mail whom it is from and to
   * @param accepted what the queue made of it
   */
  public record Taken(MailEnvelope mail, Accepted accepted) {}

  /**
   * Writes the message and hands it over. Returns once a majority has it on disk (I1).
   *
   * @param heap what the envelope may take of it
   * @throws QueueException if it is known that this did not happen, or not known that it did
   * @throws IOException if the message cannot be taken
   */
  public static Taken take(Letter letter, Front front, Caller caller, Terms terms, HeapShare heap)
      throws IOException, QueueException {
    letter.check();
    Optional<MailEnvelope> named = letter.envelope();
    if (named.isPresent()) {
      MailIntake.check(named.get(), front);
      Optional<Taken> first = first(named.get(), front, terms);
      if (first.isPresent()) {
        return first.get();
      }
    }
    try (MailIntake intake = new MailIntake(front, caller, terms, named.isEmpty(), heap)) {
      if (letter.isRaw()) {
        intake.copy(letter.rawContent());
      } else {
        intake.copy(letter::writeTo);
      }
      intake.end();
      MailEnvelope mail =
          named.isPresent()
              ? named.get()
              : HeaderEnvelope.of(
                  intake.headerLines(), AddressLimit.of(front.maxRecipients(), heap));
      if (named.isEmpty()) {
        // Whom it was from and to is known only here.
        MailIntake.check(mail, front);
        Optional<Taken> first = first(mail, front, terms);
        if (first.isPresent()) {
          return first.get();
        }
      }
      return new Taken(mail, intake.commit(mail));
    }
  }

  /** The message of an earlier request of which this one is a repeat, as far as the node knows. */
  private static Optional<Taken> first(MailEnvelope mail, Front front, Terms terms)
      throws QueueException {
    return front
        .entrance()
        .known(terms)
        .map(id -> new Taken(mail, new Accepted(id, mail.recipients().size(), 0, true)));
  }
}
