package io.mailraft.node.smtp;

import com.google.protobuf.UnsafeByteOperations;
import io.mailraft.api.log.Envelope;
import io.mailraft.config.SmtpConfig;
import io.mailraft.node.access.Account;
import io.mailraft.node.access.Guidance;
import io.mailraft.node.access.TlsIdentity;
import io.mailraft.node.message.BodyHash;
import io.mailraft.node.message.HeaderFacts;
import io.mailraft.node.message.HeaderSection;
import io.mailraft.node.message.PassedOverZones;
import io.mailraft.queue.QueueException;
import io.mailraft.queue.Upload;
import io.mailraft.queue.quota.Charge;
import io.mailraft.router.Refusal;
import io.mailraft.router.Submission;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The content of one message on its way into the queue.
 *
 * <p>Once the message is refused, for whatever reason, the rest of its content is looked at only to
 * find its end, and the upload is given up. Nothing that happens here is thrown at the command that
 * reads: the content must be consumed before the answer, or it would run as commands.
 */
final class Intake implements ContentSink, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Intake.class);

  private static final byte[] CRLF = "\r\n".getBytes(StandardCharsets.US_ASCII);

  private final Conversation conversation;
  private final Transaction transaction;
  private final boolean dotted;
  private final long deadlineNanoTime;
  private final ContentScanner scanner;
  private final HeaderSection headers;
  private final BodyHash bodyHash = new BodyHash();
  private Optional<HeaderFacts> facts = Optional.empty();
  private Optional<Upload> upload = Optional.empty();
  private Optional<Reply> refusal = Optional.empty();
  private long bytes;

  Intake(Conversation conversation, Transaction transaction, boolean dotted) {
    SmtpConfig config = conversation.door().config();
    this.conversation = conversation;
    this.transaction = transaction;
    this.dotted = dotted;
    this.deadlineNanoTime = System.nanoTime() + config.dataTimeout().toNanos();
    this.scanner = new ContentScanner(dotted, config.maxLineBytes());
    this.headers = new HeaderSection(config.maxHeaderBytes());
  }

  /** Time until which the whole content must be in. See {@link System#nanoTime}. */
  long deadlineNanoTime() {
    return deadlineNanoTime;
  }

  /**
   * Takes a block off the wire.
   *
   * @return where the bytes after the content begin, or -1 if it goes on
   */
  int take(byte[] block, int from, int to) {
    int next = scanner.scan(block, from, to, this);
    checkScanner();
    return next;
  }

  private void checkScanner() {
    switch (scanner.fault()) {
      case NONE -> {}
      case BARE_CR_OR_LF -> refuse(Reply.BARE_IN_CONTENT);
      case NUL -> refuse(Reply.NUL_IN_CONTENT);
      case LINE_TOO_LONG -> refuse(Reply.LINE_TOO_LONG);
    }
  }

  @Override
  public void content(byte[] block, int offset, int count) {
    if (refusal.isPresent()) {
      return;
    }
    bytes += count;
    if (bytes > conversation.door().config().maxMessageBytes()) {
      refuse(Reply.TOO_LARGE);
      return;
    }
    try {
      int header = headers.complete() ? 0 : headers.accept(block, offset, count);
      if (headers.complete() && facts.isEmpty()) {
        endHeaders();
      }
      if (upload.isPresent() && header < count) {
        upload.get().write(ByteBuffer.wrap(block, offset + header, count - header));
        bodyHash.update(block, offset + header, count - header);
      }
    } catch (QueueException e) {
      refuse(e);
    } catch (RuntimeException e) {
      refuse(e);
    }
  }

  private void endHeaders() throws QueueException {
    if (headers.tooLarge()) {
      refuse(Reply.HEADER_TOO_LARGE);
      return;
    }
    Door door = conversation.door();
    facts = Optional.of(headers.seal(defaultDomain(), door.clock().instant()));
    if (headers.receivedHeaders() > door.config().maxReceivedHeaders()) {
      refuse(Reply.MAIL_LOOP);
      return;
    }
    Upload begun = door.uploads().begin();
    upload = Optional.of(begun);
    begun.write(headers.bytes());
    byte[] early = headers.firstBodyLine();
    bodyHash.update(early, 0, early.length);
  }

  private String defaultDomain() {
    String sender = transaction.sender();
    return sender.isEmpty()
        ? conversation.door().config().hostname()
        : sender.substring(sender.lastIndexOf('@') + 1);
  }

  /** Whether the message is refused already. */
  boolean refused() {
    return refusal.isPresent();
  }

  /** The refusal, where {@link #refused}. */
  Reply refusal() {
    return refusal.orElse(Reply.TROUBLE);
  }

  /**
   * Ends the content and hands the message over. Returns once a majority has it, or it is known
   * that it will not (I1).
   *
   * @return the answer to the client
   */
  Reply commit() {
    scanner.end();
    checkScanner();
    if (!dotted && !scanner.atLineStart()) {
      content(CRLF, 0, CRLF.length);
    }
    try {
      if (refusal.isEmpty() && facts.isEmpty()) {
        endHeaders();
      }
      if (refusal.isEmpty() && upload.isPresent() && facts.isPresent()) {
        return commit(upload.get(), facts.get());
      }
    } catch (QueueException e) {
      refuse(e);
    } catch (RuntimeException e) {
      refuse(e);
    } finally {
      close();
    }
    Reply answer = refusal();
    conversation.door().events().messageRefused(answer.code(), answer.enhanced());
    return answer;
  }

  private Reply commit(Upload complete, HeaderFacts headerFacts) throws QueueException {
    Door door = conversation.door();
    String origin = conversation.origin();
    Optional<Account> account = conversation.account();
    Guidance guidance = transaction.guidance();
    Envelope.Builder envelope =
        Envelope.newBuilder()
            .setSender(transaction.sender())
            .setEightBit(transaction.eightBit() || scanner.eightBit())
            .setSmtpUtf8(transaction.smtpUtf8())
            .setListener(door.config().name())
            .setOrigin(origin)
            .setOriginHost("[" + origin + "]")
            .setHelo(conversation.helo().orElse(""))
            .setProtocol(conversation.protocol(transaction.smtpUtf8()))
            .setUser(account.map(Account::name).orElse(""))
            .setTls(conversation.wire().tls().map(TlsIdentity::words).orElse(""))
            .setAcceptedMillis(door.clock().millis())
            .setMessageId(headerFacts.messageId())
            .setNode(door.node())
            .setBodyHash(UnsafeByteOperations.unsafeWrap(bodyHash.finish()));
    guidance.writeTo(envelope);
    Submission submission =
        guidance.submission(
            headerFacts,
            transaction.sender(),
            conversation.client(),
            door.config().trustRouting() || account.filter(Account::trustRouting).isPresent());
    Set<Refusal> passedOver = new LinkedHashSet<>();
    var recipients = transaction.recipients(door.zones().route(submission), passedOver);
    // Replies to commands that were pipelined before are the client's to have, however long the
    // queue takes.
    conversation.wire().flush();
    envelope.addAllPassedOver(PassedOverZones.of(passedOver));
    Charge charge =
        door.uploads().charge(envelope.getUser(), submission.senderDomain(), recipients.size());
    try {
      complete.commit(envelope.build(), recipients);
    } catch (QueueException e) {
      if (!e.mayBeStored()) {
        charge.giveBack();
      }
      throw e;
    }
    // Yes is said only here: commit has returned, so a majority has the message on disk (I1).
    log(complete, passedOver);
    door.events().messageAccepted(complete.bytes(), recipients.size());
    return Reply.of(250, "2.0.0", "Message queued as " + complete.id());
  }

  private void log(Upload accepted, Set<Refusal> passedOver) {
    passedOver.stream()
        .limit(PassedOverZones.KEPT_MAX)
        .forEach(
            refusal ->
                LOG.info(
                    "{}: {} names the zone '{}', which is {}: passed over",
                    accepted.id(),
                    refusal.rule().key(),
                    refusal.zone(),
                    refusal.reason().text()));
  }

  private void refuse(QueueException e) {
    QueueException.Reason reason = e.reason();
    LOG.debug("The queue refused a message: {}: {}", reason, e.getMessage());
    refuse(Reply.of(reason.code(), reason.enhanced(), e.text()));
  }

  private void refuse(RuntimeException e) {
    LOG.error("A message was refused because of an unexpected error", e);
    refuse(Reply.TROUBLE);
  }

  private void refuse(Reply reply) {
    if (refusal.isEmpty()) {
      refusal = Optional.of(reply);
      close();
    }
  }

  /** Gives up the upload, unless it was committed. */
  @Override
  public void close() {
    if (upload.isPresent()) {
      Upload open = upload.get();
      upload = Optional.empty();
      open.close();
    }
  }
}
