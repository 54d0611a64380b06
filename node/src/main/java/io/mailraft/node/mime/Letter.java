package io.mailraft.node.mime;

import io.mailraft.node.json.InputException;
import io.mailraft.node.json.InputException.Fault;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A message as its fields say it, not yet written. Made by {@link LetterReader}; of use for as long
 * as the spool file of its texts is open.
 */
public final class Letter {
  List<Addressee> from = new ArrayList<>();
  List<Addressee> sender = new ArrayList<>();
  List<Addressee> to = new ArrayList<>();
  List<Addressee> cc = new ArrayList<>();
  List<Addressee> bcc = new ArrayList<>();
  List<Addressee> replyTo = new ArrayList<>();
  String subject = "";
  String messageId = "";
  String inReplyTo = "";
  String references = "";
  String date = "";
  String priority = "";
  List<HeaderField> headers = new ArrayList<>();
  List<HeaderField> listHeaders = new ArrayList<>();

  Optional<Part> text = Optional.empty();
  Optional<Part> html = Optional.empty();
  Optional<Part> amp = Optional.empty();
  Optional<Part> calendar = Optional.empty();
  List<Part> alternatives = new ArrayList<>();
  List<Part> attachments = new ArrayList<>();

  /** Transfer encoding of the texts; empty for the one that fits each best. */
  String transferEncoding = "";

  Optional<Part> raw = Optional.empty();

  boolean hasEnvelope;
  Optional<String> envelopeSender = Optional.empty();
  List<Addressee> envelopeTo = new ArrayList<>();

  Letter() {}

  /** Whether the message comes whole, in {@code raw}. */
  public boolean isRaw() {
    return raw.isPresent();
  }

  /** The whole message, where {@link #isRaw}; lines may end in LF. */
  public InputStream rawContent() {
    return raw.orElseThrow(() -> new IllegalStateException("the message is not raw"))
        .content
        .open();
  }

  /**
   * Whom it is from and to, by {@code envelope} or else by the fields.
   *
   * @return empty where a raw message names nobody, so that its own headers are to be asked
   * @throws InputException if there is no sender or nobody to send to
   */
  public Optional<MailEnvelope> envelope() throws InputException {
    List<Mailbox> recipients =
        hasEnvelope
            ? mailboxes(envelopeTo)
            : Stream.of(to, cc, bcc).flatMap(list -> mailboxes(list).stream()).toList();
    Optional<String> reverse =
        envelopeSender.or(
            () ->
                Stream.of(from, sender, replyTo)
                    .flatMap(list -> mailboxes(list).stream())
                    .map(Mailbox::address)
                    .findFirst());
    if (isRaw() && recipients.isEmpty() && !hasEnvelope) {
      return Optional.empty();
    }
    if (recipients.isEmpty()) {
      throw new InputException(
          Fault.NO_RECIPIENTS,
          hasEnvelope
              ? "envelope.to: there is nobody to send to"
              : "there is nobody to send to: give to, cc, bcc or envelope");
    }
    if (reverse.isEmpty()) {
      throw InputException.field("from", "is missing: give from, or envelope.from");
    }
    boolean utf8 =
        reverse.get().chars().anyMatch(c -> c > 0x7e)
            || recipients.stream().anyMatch(Mailbox::needsUtf8)
            || (!isRaw() && headerNeedsUtf8());
    return Optional.of(new MailEnvelope(reverse.get(), recipients, utf8));
  }

  private boolean headerNeedsUtf8() {
    return Stream.of(from, sender, to, cc, replyTo)
        .flatMap(list -> mailboxes(list).stream())
        .anyMatch(Mailbox::needsUtf8);
  }

  private static List<Mailbox> mailboxes(List<Addressee> list) {
    return list.stream().flatMap(addressee -> addressee.mailboxes().stream()).toList();
  }

  /**
   * Checks what can be known before a byte is written.
   *
   * @throws InputException if the message cannot be made
   */
  public void check() throws IOException {
    if (isRaw()) {
      return;
    }
    if (from.isEmpty()) {
      throw InputException.field("from", "is missing");
    }
    if (mailboxes(sender).size() > 1) {
      throw InputException.field("sender", "is one address, not several");
    }
    headerBlock();
    new Composer(this).check();
  }

  /**
   * Writes the message, without Message-ID and Date where they were not given.
   *
   * @throws InputException if a part of it turns out to be no content
   * @throws IOException what the stream throws
   */
  public void writeTo(OutputStream out) throws IOException {
    out.write(headerBlock().bytes());
    new Composer(this).writeTo(out);
  }

  private HeaderBlock headerBlock() throws InputException {
    HeaderBlock block = new HeaderBlock();
    for (HeaderField field : headers) {
      block.add(field.path(), field.name(), field.encoded());
    }
    addresses(block, "from", "From", from);
    addresses(block, "sender", "Sender", sender);
    addresses(block, "to", "To", to);
    addresses(block, "cc", "Cc", cc);
    addresses(block, "replyTo", "Reply-To", replyTo);
    add(block, "inReplyTo", "In-Reply-To", inReplyTo);
    add(block, "references", "References", references);
    add(block, "subject", "Subject", HeaderText.unstructured(subject));
    add(block, "messageId", "Message-ID", messageId);
    add(block, "date", "Date", date);
    priority(block);
    for (HeaderField field : listHeaders) {
      block.add(field.path(), field.name(), field.value());
    }
    block.add("", "MIME-Version", "1.0");
    return block;
  }

  private static void addresses(
      HeaderBlock block, String path, String name, List<Addressee> addressees)
      throws InputException {
    List<String> items = new ArrayList<>();
    for (Addressee addressee : addressees) {
      items.add(addressee.header());
    }
    add(block, path, name, String.join(", ", items));
  }

  private static void add(HeaderBlock block, String path, String name, String value)
      throws InputException {
    if (!value.isEmpty()) {
      block.add(path, name, value);
    }
  }

  private void priority(HeaderBlock block) throws InputException {
    switch (priority) {
      case "high" -> {
        block.add(priority, "X-Priority", "1 (Highest)");
        block.add(priority, "X-MSMail-Priority", "High");
        block.add(priority, "Importance", "High");
      }
      case "low" -> {
        block.add(priority, "X-Priority", "5 (Lowest)");
        block.add(priority, "X-MSMail-Priority", "Low");
        block.add(priority, "Importance", "Low");
      }
      default -> {} // Every message is of normal priority.
    }
  }
}
