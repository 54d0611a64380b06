package io.mailraft.node.http.mail;

import com.google.protobuf.UnsafeByteOperations;
import com.linecorp.armeria.common.HttpStatus;
import io.mailraft.api.log.Envelope;
import io.mailraft.api.log.Recipient;
import io.mailraft.node.access.Guidance;
import io.mailraft.node.access.GuidanceException;
import io.mailraft.node.access.Handed;
import io.mailraft.node.http.exchange.RefusedException;
import io.mailraft.node.json.InputException;
import io.mailraft.node.json.InputException.Fault;
import io.mailraft.node.message.BodyHash;
import io.mailraft.node.message.HeaderFacts;
import io.mailraft.node.message.HeaderSection;
import io.mailraft.node.message.NamedZone;
import io.mailraft.node.message.PassedOverZones;
import io.mailraft.node.mime.HeaderLines;
import io.mailraft.node.mime.MailEnvelope;
import io.mailraft.node.mime.Mailbox;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.QueueException;
import io.mailraft.queue.Upload;
import io.mailraft.queue.quota.Charge;
import io.mailraft.router.Decision;
import io.mailraft.router.Headers;
import io.mailraft.router.Refusal;
import io.mailraft.router.Routing;
import io.mailraft.router.Submission;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One message on its way into the queue: its content is written to it, then it is committed with
 * its envelope. Closed without a commit it leaves nothing. Lines may end in LF.
 */
public final class MailIntake implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MailIntake.class);
  private static final String PROTOCOL = "HTTP";
  private static final Duration LATER = Duration.ofSeconds(5);
  private static final int BLOCK_BYTES = 16 << 10;

  private final Front front;
  private final Caller caller;
  private final Terms terms;
  private final LineEnds lines;
  private final HeaderSection headers;
  private final BodyHash bodyHash = new BodyHash();
  private final ByteArrayOutputStream headerCopy = new ByteArrayOutputStream();
  private final boolean keepsHeaders;
  private Optional<HeaderFacts> facts = Optional.empty();
  private Optional<Upload> upload = Optional.empty();
  private long bytes;

  /**
   * @param keepsHeaders whether {@link #headerLines} will be asked for
   */
  public MailIntake(Front front, Caller caller, Terms terms, boolean keepsHeaders) {
    this.front = front;
    this.caller = caller;
    this.terms = terms;
    this.keepsHeaders = keepsHeaders;
    this.lines = new LineEnds(front.maxLineBytes(), this::content);
    this.headers = new HeaderSection(front.maxHeaderBytes());
  }

  /** Takes the next bytes of the message. */
  private void write(byte[] block, int offset, int count) throws IOException {
    lines.write(block, offset, count);
  }

  /**
   * Takes a whole message from a stream.
   *
   * @throws QueueException if the queue refuses it
   * @throws IOException if the stream breaks, or the message cannot be taken
   */
  public void copy(InputStream in) throws IOException, QueueException {
    byte[] block = new byte[BLOCK_BYTES];
    try {
      for (int count = in.read(block); count >= 0; count = in.read(block)) {
        write(block, 0, count);
      }
    } catch (UnstoredException e) {
      throw again(e);
    }
  }

  /** Writes a message. */
  @FunctionalInterface
  public interface Writer {
    /** Writes all of it. */
    void writeTo(OutputStream out) throws IOException;
  }

  /**
   * Takes a whole message from whoever writes it.
   *
   * @throws QueueException if the queue refuses it
   * @throws IOException if the message cannot be taken, or what the writer throws
   */
  public void copy(Writer writer) throws IOException, QueueException {
    BlockOutput out = new BlockOutput(this::write);
    try {
      writer.writeTo(out);
      out.flush();
    } catch (UnstoredException e) {
      throw again(e);
    }
  }

  private static QueueException again(UnstoredException e) {
    QueueException refusal = e.refusal();
    return new QueueException(refusal.reason(), String.valueOf(refusal.getMessage()), e);
  }

  /** Content with its line ends in order. */
  private void content(byte[] block, int offset, int count) throws IOException {
    bytes += count;
    if (bytes > front.maxMessageBytes()) {
      throw new InputException(
          Fault.TOO_LARGE,
          "the message is larger than the " + front.maxMessageBytes() + " bytes that are allowed");
    }
    try {
      int header = headers.complete() ? 0 : headers.accept(block, offset, count);
      if (keepsHeaders) {
        headerCopy.write(block, offset, header);
      }
      if (headers.complete() && facts.isEmpty()) {
        endHeaders();
      }
      if (upload.isPresent() && header < count) {
        upload.get().write(ByteBuffer.wrap(block, offset + header, count - header));
        bodyHash.update(block, offset + header, count - header);
      }
    } catch (QueueException e) {
      throw new UnstoredException(e);
    }
  }

  private void endHeaders() throws IOException, QueueException {
    if (headers.tooLarge()) {
      throw new InputException(
          Fault.TOO_LARGE,
          "the header section is larger than the "
              + front.maxHeaderBytes()
              + " bytes that are allowed");
    }
    facts = Optional.of(headers.seal(front.hostname(), front.clock().instant()));
    if (headers.receivedHeaders() > front.maxReceivedHeaders()) {
      throw new InputException(
          Fault.MAIL_LOOP,
          "the message has more than " + front.maxReceivedHeaders() + " Received headers: a loop");
    }
    Upload begun =
        terms.key().isPresent()
            ? front.uploads().begin(terms.key().get())
            : front.uploads().begin();
    upload = Optional.of(begun);
    begun.write(headers.bytes());
    byte[] early = headers.firstBodyLine();
    bodyHash.update(early, 0, early.length);
  }

  /** Whether nothing has been written. */
  public boolean isEmpty() {
    return bytes == 0;
  }

  /** The header section as it came in, Bcc and all; complete once the content is. */
  public HeaderLines headerLines() {
    return HeaderLines.parse(headerCopy.toByteArray(), headerCopy.size());
  }

  /**
   * Ends the content.
   *
   * @throws QueueException if the queue refuses it
   * @throws InputException if the content cannot end here
   */
  public void end() throws IOException, QueueException {
    try {
      lines.end();
      if (facts.isEmpty()) {
        endHeaders();
      }
    } catch (UnstoredException e) {
      throw again(e);
    }
  }

  /**
   * Hands the message over. Returns once a majority has it on disk (I1).
   *
   * @throws QueueException if it is known that this did not happen, or not known that it did
   * @throws InputException if there are too many recipients
   * @throws RefusedException if the user's own application refuses it, or cannot be asked
   */
  public Accepted commit(MailEnvelope mail) throws IOException, QueueException {
    check(mail, front);
    HeaderFacts known = facts.orElseThrow(() -> new IllegalStateException("not ended"));
    Headers routed = terms.zone().<Headers>map(zone -> new NamedZone(known, zone)).orElse(known);
    Upload complete = upload.orElseThrow(() -> new IllegalStateException("not ended"));
    Guidance guidance = guidance(mail);
    String sender = guidance.sender().orElse(mail.sender());
    Set<Refusal> passedOver = new LinkedHashSet<>();
    Submission submission = guidance.submission(routed, sender, caller.origin(), caller.trusted());
    List<Recipient> recipients = recipients(mail, front.router().apply(submission), passedOver);
    Envelope envelope =
        envelope(mail, known, sender, guidance)
            .addAllPassedOver(PassedOverZones.of(passedOver))
            .build();
    MessageId id = commit(complete, envelope, recipients, submission.senderDomain());
    passedOver.stream()
        .limit(PassedOverZones.KEPT_MAX)
        .forEach(
            refusal ->
                LOG.info(
                    "{}: {} names the zone '{}', which is {}: passed over",
                    id,
                    refusal.rule().key(),
                    refusal.zone(),
                    refusal.reason().text()));
    return new Accepted(id, recipients.size(), complete.bytes(), !id.equals(complete.id()));
  }

  /**
   * Counts the message in its quotas and stores it. A repeat of an earlier request does neither,
   * whatever room there is: where it is found out after it was counted, it gives that back.
   */
  private MessageId commit(
      Upload complete, Envelope envelope, List<Recipient> recipients, Optional<String> senderDomain)
      throws QueueException {
    Optional<MessageId> known =
        terms.key().isPresent() ? front.uploads().known(terms.key().get()) : Optional.empty();
    if (known.isPresent()) {
      return known.get();
    }
    Charge charge;
    try {
      charge = front.uploads().charge(envelope.getUser(), senderDomain, recipients.size());
    } catch (QueueException e) {
      // The first request may have used up the quota a moment ago, on any node.
      Optional<MessageId> first =
          e.reason() == QueueException.Reason.OVER_QUOTA ? complete.first() : Optional.empty();
      if (first.isPresent()) {
        return first.get();
      }
      throw e;
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

  /**
   * Checks the number of recipients.
   *
   * @throws InputException if there are more than the listener takes
   */
  public static void check(MailEnvelope mail, Front front) throws InputException {
    if (mail.recipients().size() > front.maxRecipients()) {
      throw new InputException(
          Fault.TOO_MANY_RECIPIENTS,
          "the message has "
              + mail.recipients().size()
              + " recipients; "
              + front.maxRecipients()
              + " are allowed");
    }
  }

  private static List<Recipient> recipients(
      MailEnvelope mail, Routing routing, Set<Refusal> passedOver) {
    List<Recipient> recipients = new ArrayList<>(mail.recipients().size());
    for (Mailbox mailbox : mail.recipients()) {
      Decision decision = routing.decide(mailbox.domain());
      passedOver.addAll(decision.refused());
      recipients.add(
          Recipient.newBuilder()
              .setSeq(recipients.size() + 1)
              .setAddress(mailbox.address())
              .setDomain(mailbox.domain())
              .setZone(decision.zone())
              .build());
    }
    return recipients;
  }

  private Guidance guidance(MailEnvelope mail) throws RefusedException {
    if (front.hook().isEmpty()) {
      return Guidance.NONE;
    }
    String origin = caller.originText();
    try {
      return front
          .hook()
          .get()
          .ask(
              new Handed(
                  mail.sender(), origin, "[" + origin + "]", literal(), PROTOCOL, caller.user()))
          .checked(mail.smtpUtf8());
    } catch (GuidanceException e) {
      throw e.isTemporary()
          ? new RefusedException(
              HttpStatus.SERVICE_UNAVAILABLE, "TryLater", e.text(), Optional.of(LATER))
          : new RefusedException(HttpStatus.FORBIDDEN, "Refused", e.text());
    }
  }

  private String literal() {
    String origin = caller.originText();
    return "[" + (origin.indexOf(':') >= 0 ? "IPv6:" : "") + origin + "]";
  }

  private Envelope.Builder envelope(
      MailEnvelope mail, HeaderFacts known, String sender, Guidance guidance) {
    String origin = caller.originText();
    Envelope.Builder envelope =
        Envelope.newBuilder()
            .setSender(sender)
            .setEightBit(lines.eightBit())
            .setSmtpUtf8(mail.smtpUtf8())
            .setListener(front.listener())
            .setOrigin(origin)
            .setOriginHost("[" + origin + "]")
            // Nobody greets by HTTP; the Received header wants a name, and this is the one that is
            // known.
            .setHelo(literal())
            .setProtocol(PROTOCOL)
            .setUser(caller.user())
            .setTls(caller.tls())
            .setAcceptedMillis(front.clock().millis())
            .setMessageId(known.messageId())
            .setNode(front.node())
            .addAllTags(terms.tags())
            .setMetadata(terms.metadata())
            .setSendAtMillis(terms.sendAtMillis())
            .setBodyHash(UnsafeByteOperations.unsafeWrap(bodyHash.finish()));
    guidance.writeTo(envelope);
    return envelope;
  }

  /** Gives the message up, unless it was committed. */
  @Override
  public void close() {
    upload.ifPresent(Upload::close);
    upload = Optional.empty();
  }
}
