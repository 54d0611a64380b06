package io.mailraft.node.http.v1;

import io.mailraft.node.heap.HeapShare;
import io.mailraft.node.http.mail.Caller;
import io.mailraft.node.http.mail.Front;
import io.mailraft.node.http.mail.LetterIntake;
import io.mailraft.node.json.Fingerprint;
import io.mailraft.node.json.JsonReader;
import io.mailraft.node.mime.AddressLimit;
import io.mailraft.node.mime.Letter;
import io.mailraft.node.mime.LetterReader;
import io.mailraft.node.spool.Spool;
import io.mailraft.node.spool.SpoolFile;
import io.mailraft.queue.QueueException;
import io.mailraft.queue.RequestKey;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Takes messages, each the JSON of a message with its terms. */
final class MessageIntake {
  private final Front front;
  private final Spool spools;
  private final Supplier<Set<String>> zones;

  /**
   * @param zones names of the zones that there are
   */
  MessageIntake(Front front, Spool spools, Supplier<Set<String>> zones) {
    this.front = front;
    this.spools = spools;
    this.zones = zones;
  }

  /**
   * A message that a majority of nodes has.
   *
   * @param sendAt the time at which it is to be sent, where one was given
   */
  record Taken(LetterIntake.Taken letter, Optional<Instant> sendAt) {}

  /**
   * Takes a message. Returns once a majority has it on disk (I1).
   *
   * @param body its JSON
   * @param name the request, where it is to count once
   * @param heap what it may take of it
   */
  Taken take(InputStream body, Caller caller, Optional<RequestName> name, HeapShare heap)
      throws IOException, QueueException {
    try (SpoolFile spool = spools.begin();
        JsonReader reader = new JsonReader(body, spool, heap, front.maxMessageBytes())) {
      Optional<Fingerprint> fingerprint = name.map(_ -> reader.fingerprint());
      TermsReader terms = new TermsReader(reader, front, caller.trusted(), zones);
      Letter letter =
          LetterReader.read(reader, AddressLimit.of(front.maxRecipients(), heap), terms);
      Optional<RequestKey> key =
          name.flatMap(named -> fingerprint.map(taken -> named.with(taken.value())));
      LetterIntake.Taken taken = LetterIntake.take(letter, front, caller, terms.terms(key), heap);
      return new Taken(taken, terms.sendAtGiven());
    }
  }
}
