package io.mailraft.node.submit;

import com.google.protobuf.UnsafeByteOperations;
import io.mailraft.api.log.Envelope;
import io.mailraft.api.log.Recipient;
import io.mailraft.node.access.Guidance;
import io.mailraft.node.heap.HeapShare;
import io.mailraft.node.message.BodyHash;
import io.mailraft.node.message.HeaderFacts;
import io.mailraft.node.message.HeaderSection;
import io.mailraft.node.message.NamedZone;
import io.mailraft.node.submit.ContentException.Fault;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.QueueException;
import io.mailraft.queue.QueueException.Reason;
import io.mailraft.queue.Upload;
import io.mailraft.queue.quota.Charge;
import io.mailraft.router.Decision;
import io.mailraft.router.Headers;
import io.mailraft.router.Refusal;
import io.mailraft.router.Routing;
import io.mailraft.router.Submission;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One message on its way into the queue, by whatever door: its content is written to it and ended,
 * then it is submitted with its envelope. Once anything is thrown it is of no further use. Closed
 * without a submission it leaves nothing.
 */
public final class IncomingMessage implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(IncomingMessage.class);

  private final Entrance entrance;
  private final String defaultDomain;
  private final Terms terms;
  private final HeaderSection headers;
  private final HeapShare heap;
  private final BodyHash bodyHash = new BodyHash();
  private Optional<HeaderFacts> facts = Optional.empty();
  private Optional<Upload> upload = Optional.empty();
  private long bytes;

  /**
   * Begins a message; nothing is asked of the queue before its header section is whole.
   *
   * @param defaultDomain domain of an added Message-ID where the From field names none
   * @param heap what its header section may take of it; whoever has it closes it afterwards
   */
  public IncomingMessage(Entrance entrance, String defaultDomain, Terms terms, HeapShare heap) {
    this.entrance = entrance;
    this.defaultDomain = defaultDomain;
    this.terms = terms;
    this.headers = new HeaderSection(entrance.limits().maxHeaderBytes());
    this.heap = heap;
  }

  /**
   * Takes the next bytes of the content, whose lines end in CRLF.
   *
   * @return how many of them, the first ones, are of the header section
   * @throws ContentException if the listener does not take such content
   * @throws QueueException if the queue refuses it
   */
  public int write(byte[] block, int offset, int count) throws ContentException, QueueException {
    bytes += count;
    if (bytes > entrance.limits().maxMessageBytes()) {
      throw new ContentException(Fault.TOO_LARGE);
    }
    int header = headers.complete() ? 0 : header(block, offset, count);
    if (headers.complete() && facts.isEmpty()) {
      endHeaders();
    }
    if (upload.isPresent() && header < count) {
      upload.get().write(ByteBuffer.wrap(block, offset + header, count - header));
      bodyHash.update(block, offset + header, count - header);
    }
    return header;
  }

  private int header(byte[] block, int offset, int count) throws ContentException, QueueException {
    int before = headers.heldBytes();
    int taken = headers.accept(block, offset, count);
    return switch (heap.take(headers.heldBytes() - before)) {
      case TAKEN -> taken;
      case NOT_NOW ->
          throw new QueueException(
              Reason.BUSY, "what is coming in takes all the heap that it may beside content");
      case NEVER -> throw new ContentException(Fault.HEADER_TOO_LARGE);
    };
  }

  private void endHeaders() throws ContentException, QueueException {
    if (headers.tooLarge()) {
      throw new ContentException(Fault.HEADER_TOO_LARGE);
    }
    facts = Optional.of(headers.seal(defaultDomain, entrance.clock().instant()));
    if (headers.receivedHeaders() > entrance.limits().maxReceivedHeaders()) {
      throw new ContentException(Fault.MAIL_LOOP);
    }
    Upload begun =
        terms.key().isPresent()
            ? entrance.uploads().begin(terms.key().get())
            : entrance.uploads().begin();
    upload = Optional.of(begun);
    begun.write(headers.bytes());
    byte[] early = headers.firstBodyLine();
    bodyHash.update(early, 0, early.length);
  }

  /** Bytes of content so far. */
  public long bytes() {
    return bytes;
  }

  /**
   * Ends the content.
   *
   * @throws ContentException if the listener does not take such content
   * @throws QueueException if the queue refuses it
   */
  public void end() throws ContentException, QueueException {
    if (facts.isEmpty()) {
      endHeaders();
    }
  }

  /**
   * Hands the message over, once its content has ended. Returns when a majority has it on disk
   * (I1).
   *
   * @param guidance what the user's own application wants done with it
   * @throws QueueException if it is known that this did not happen, or not known that it did
   */
  public Accepted submit(Submitter submitter, ClientEnvelope mail, Guidance guidance)
      throws QueueException {
    HeaderFacts known = facts.orElseThrow(() -> new IllegalStateException("not ended"));
    Upload complete = upload.orElseThrow(() -> new IllegalStateException("not ended"));
    String sender = guidance.sender().orElse(mail.sender());
    Headers routed = terms.zone().<Headers>map(zone -> new NamedZone(known, zone)).orElse(known);
    Submission submission =
        guidance.submission(routed, sender, submitter.origin(), submitter.trusted());
    Set<Refusal> passedOver = new LinkedHashSet<>();
    List<Recipient> recipients =
        recipients(mail.destinations(), entrance.zones().route(submission), passedOver);
    Envelope.Builder envelope =
        Envelope.newBuilder()
            .setSender(sender)
            .setEightBit(mail.eightBit())
            .setSmtpUtf8(
                mail.smtpUtf8() && (headers.beyondAscii() || beyondAscii(sender, recipients)))
            .setListener(entrance.listener())
            .setOrigin(submitter.originText())
            .setOriginHost(submitter.originHost())
            .setHelo(submitter.helo())
            .setProtocol(submitter.protocol())
            .setUser(submitter.user())
            .setTls(submitter.tls())
            .setAcceptedMillis(entrance.clock().millis())
            .setMessageId(known.messageId())
            .setNode(entrance.node())
            .addAllTags(terms.tags())
            .setMetadata(terms.metadata())
            .setSendAtMillis(terms.sendAtMillis())
            .setBodyHash(UnsafeByteOperations.unsafeWrap(bodyHash.finish()))
            .addAllPassedOver(PassedOverZones.of(passedOver));
    guidance.writeTo(envelope);
    MessageId id = store(complete, envelope.build(), recipients, submission.senderDomain());
    PassedOverZones.log(LOG, id, passedOver);
    return new Accepted(id, recipients.size(), complete.bytes(), !id.equals(complete.id()));
  }

  /** RFC 6531 3.4: a client may have asked for SMTPUTF8 without need, and many hosts lack it. */
  private static boolean beyondAscii(String sender, List<Recipient> recipients) {
    return beyondAscii(sender)
        || recipients.stream().anyMatch(recipient -> beyondAscii(recipient.getAddress()));
  }

  private static boolean beyondAscii(String address) {
    return address.chars().anyMatch(c -> c > 0x7f);
  }

  private static List<Recipient> recipients(
      List<Destination> destinations, Routing routing, Set<Refusal> passedOver) {
    List<Recipient> recipients = new ArrayList<>(destinations.size());
    for (Destination destination : destinations) {
      Decision decision = routing.decide(destination.domain());
      passedOver.addAll(decision.refused());
      recipients.add(
          Recipient.newBuilder()
              .setSeq(recipients.size() + 1)
              .setAddress(destination.address())
              .setDomain(destination.domain())
              .setZone(decision.zone())
              .build());
    }
    return recipients;
  }

  /**
   * Counts the message in its quotas and stores it. A repeat of an earlier request does neither,
   * whatever room there is: where it is found out after it was counted, it gives that back.
   */
  private MessageId store(
      Upload complete, Envelope envelope, List<Recipient> recipients, Optional<String> senderDomain)
      throws QueueException {
    try (var _ = entrance.turns().take(terms.key())) {
      Optional<MessageId> first = entrance.known(terms);
      if (first.isPresent()) {
        return first.get();
      }
      Charge charge;
      try {
        charge = entrance.uploads().charge(envelope.getUser(), senderDomain, recipients.size());
      } catch (QueueException e) {
        // The first request may have used up the quota a moment ago, on any node.
        first = e.reason() == Reason.OVER_QUOTA ? complete.first() : first;
        return first.orElseThrow(() -> e);
      }
      try {
        MessageId id = complete.commit(envelope, recipients);
        if (!id.equals(complete.id())) {
          charge.giveBack();
        }
        return id;
      } catch (QueueException e) {
        if (!e.mayBeStored()) {
          charge.giveBack();
        }
        throw e;
      }
    }
  }

  /** Gives the message up, unless it was submitted. */
  @Override
  public void close() {
    upload.ifPresent(Upload::close);
    upload = Optional.empty();
    facts = Optional.empty();
    headers.clear();
  }
}
