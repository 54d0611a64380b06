package io.mailraft.node.mime;

import com.fasterxml.jackson.core.JsonToken;
import io.mailraft.node.json.InputException;
import io.mailraft.node.json.InputException.Fault;
import io.mailraft.node.json.JsonReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Reads the JSON of a message, with the fields of Nodemailer. A field that is null or false was not
 * given; one that is not known is refused, so that a slip of the pen loses nothing.
 */
public final class LetterReader {
  private static final int SUBJECT_CHARS_MAX = 8_000;
  private static final int REFERENCES_CHARS_MAX = 15_000;
  private static final int WORD_CHARS_MAX = 1_000;

  private static final Extras NONE =
      new Extras() {
        @Override
        public boolean take(String field) {
          return false;
        }

        @Override
        public String names() {
          return "";
        }
      };

  private final JsonReader reader;
  private final Extras extras;
  private final AddressLimit limit;
  private final PartReader parts;
  private final Letter letter = new Letter();

  /** Fields that an API has beside those of a message. */
  public interface Extras {
    /** Reads the value at hand; false where there is no such field. */
    boolean take(String field) throws IOException;

    /** The names, each with a comma before it. */
    String names();
  }

  private LetterReader(JsonReader reader, Extras extras, AddressLimit limit) {
    this.reader = reader;
    this.limit = limit;
    this.extras = extras;
    this.parts = new PartReader(reader);
  }

  /**
   * Reads a whole document.
   *
   * @param limit of the message
   * @throws InputException if it is no message; the message names the field
   */
  public static Letter read(JsonReader reader, AddressLimit limit) throws IOException {
    return read(reader, limit, NONE);
  }

  /**
   * Reads a whole document.
   *
   * @param limit of the message
   * @param extras takes what is no field of a message
   * @throws InputException if it is no message; the message names the field
   */
  public static Letter read(JsonReader reader, AddressLimit limit, Extras extras)
      throws IOException {
    LetterReader into = new LetterReader(reader, extras, limit);
    if (reader.next() != JsonToken.START_OBJECT) {
      throw new InputException(
          Fault.INVALID_CONTENT, "the body is no message: a JSON object is needed");
    }
    while (reader.next() != JsonToken.END_OBJECT) {
      String field = reader.name();
      reader.next();
      into.field(field);
    }
    reader.end();
    into.spread();
    return into.letter;
  }

  private void field(String name) throws IOException {
    switch (name) {
      case "from" -> letter.from = AddressReader.read(reader, limit);
      case "sender" -> letter.sender = AddressReader.read(reader, limit);
      case "to" -> letter.to = AddressReader.read(reader, limit);
      case "cc" -> letter.cc = AddressReader.read(reader, limit);
      case "bcc" -> letter.bcc = AddressReader.read(reader, limit);
      case "replyTo" -> letter.replyTo = AddressReader.read(reader, limit);
      case "subject" -> letter.subject = value(SUBJECT_CHARS_MAX);
      case "text" -> letter.text = parts.textOrPart();
      case "html" -> letter.html = parts.textOrPart();
      case "amp" -> letter.amp = parts.textOrPart();
      case "icalEvent" -> letter.calendar = parts.textOrPart();
      case "raw" -> letter.raw = parts.textOrPart();
      case "alternatives" -> letter.alternatives = parts.parts();
      case "attachments" -> letter.attachments = parts.parts();
      case "headers" -> letter.headers = HeaderFieldReader.read(reader);
      case "list" -> letter.listHeaders = ListHeaderReader.read(reader);
      case "envelope" -> envelope();
      case "messageId" -> {
        String id = value(WORD_CHARS_MAX);
        letter.messageId = id.isEmpty() ? "" : MessageIds.own(reader.path(), id);
      }
      case "inReplyTo" -> letter.inReplyTo = references();
      case "references" -> letter.references = references();
      case "date" -> letter.date = date();
      case "priority" -> letter.priority = priority();
      case "encoding", "textEncoding" -> {
        String encoding = PartReader.transferEncoding(reader);
        letter.transferEncoding = encoding.isEmpty() ? letter.transferEncoding : encoding;
      }
      // Nothing here reads files or URLs, whatever these say.
      case "disableFileAccess", "disableUrlAccess" -> flag();
      case "path", "href" -> throw reader.wrong("files and URLs are not read");
      default -> {
        if (!extras.take(name)) {
          throw reader.wrong(
              "is no field of a message; there are from, sender, to, cc, bcc, replyTo, subject,"
                  + " text, html, amp, icalEvent, attachments, alternatives, headers, list,"
                  + " envelope, date, messageId, inReplyTo, references, priority, encoding, raw"
                  + extras.names());
        }
      }
    }
  }

  private String value(int maxChars) throws IOException {
    if (reader.absent()) {
      return "";
    }
    String value = reader.text().string(maxChars);
    HeaderText.check(reader.path(), value, maxChars);
    return value.strip();
  }

  private void flag() throws IOException {
    if (reader.token() != JsonToken.VALUE_TRUE && !reader.absent()) {
      throw reader.wrong("true or false is needed");
    }
  }

  /** A string of ids with blanks between, or a list of such strings. */
  private String references() throws IOException {
    List<String> ids = new ArrayList<>();
    if (reader.token() == JsonToken.START_ARRAY) {
      int left = REFERENCES_CHARS_MAX;
      while (reader.next() != JsonToken.END_ARRAY) {
        String some = value(left);
        left -= some.length();
        if (!some.isEmpty()) {
          ids.add(MessageIds.references(reader.path(), some));
        }
      }
    } else {
      String all = value(REFERENCES_CHARS_MAX);
      if (!all.isEmpty()) {
        ids.add(MessageIds.references(reader.path(), all));
      }
    }
    return String.join(" ", ids);
  }

  private String date() throws IOException {
    if (reader.token() == JsonToken.VALUE_NUMBER_INT) {
      return MessageDate.of(reader.path(), reader.number());
    }
    String date = value(WORD_CHARS_MAX);
    return date.isEmpty() ? "" : MessageDate.parse(reader.path(), date);
  }

  private String priority() throws IOException {
    String priority = value(WORD_CHARS_MAX).toLowerCase(Locale.ROOT);
    if (!List.of("", "high", "normal", "low").contains(priority)) {
      throw reader.wrong(InputException.quoted(priority) + " is none of high, normal and low");
    }
    return priority;
  }

  private void envelope() throws IOException {
    if (reader.absent()) {
      return;
    }
    if (reader.token() != JsonToken.START_OBJECT) {
      throw reader.wrong("an object like {\"from\": ..., \"to\": [...]} is needed");
    }
    letter.hasEnvelope = true;
    while (reader.next() != JsonToken.END_OBJECT) {
      String field = reader.name();
      reader.next();
      switch (field) {
        case "from" -> letter.envelopeSender = reversePath();
        case "to", "cc", "bcc" -> letter.envelopeTo.addAll(AddressReader.read(reader, limit));
        default -> throw reader.wrong("is no field of an envelope; there are from, to, cc and bcc");
      }
    }
  }

  /** An address, or the null sender, which is "" or "<>"; empty where it is not given. */
  private Optional<String> reversePath() throws IOException {
    if (reader.absent()) {
      return Optional.empty();
    }
    if (reader.token() == JsonToken.VALUE_STRING) {
      String text = reader.text().string(WORD_CHARS_MAX).strip();
      if (text.isEmpty() || text.equals("<>")) {
        return Optional.of("");
      }
    }
    String path = reader.path();
    List<Mailbox> senders =
        AddressReader.read(reader, limit).stream()
            .flatMap(addressee -> addressee.mailboxes().stream())
            .toList();
    if (senders.size() != 1) {
      throw InputException.field(path, "is one address, not " + senders.size());
    }
    return Optional.of(senders.getFirst().address());
  }

  /**
   * Headers that have a field of their own take its place where it was not given, as in Nodemailer.
   */
  private void spread() throws IOException {
    List<HeaderField> others = new ArrayList<>();
    for (HeaderField field : letter.headers) {
      switch (field.key()) {
        case "from" -> letter.from = or(letter.from, field);
        case "sender" -> letter.sender = or(letter.sender, field);
        case "to" -> letter.to = or(letter.to, field);
        case "cc" -> letter.cc = or(letter.cc, field);
        case "bcc" -> letter.bcc = or(letter.bcc, field);
        case "reply-to" -> letter.replyTo = or(letter.replyTo, field);
        case "subject" -> letter.subject = or(letter.subject, field.value());
        case "message-id" ->
            letter.messageId = or(letter.messageId, MessageIds.own(field.path(), field.value()));
        case "in-reply-to" ->
            letter.inReplyTo =
                or(letter.inReplyTo, MessageIds.references(field.path(), field.value()));
        case "references" ->
            letter.references =
                or(letter.references, MessageIds.references(field.path(), field.value()));
        case "date" ->
            letter.date = or(letter.date, MessageDate.parse(field.path(), field.value()));
        default -> others.add(field);
      }
    }
    letter.headers = others;
  }

  private List<Addressee> or(List<Addressee> given, HeaderField field) throws InputException {
    return given.isEmpty() ? AddressList.parse(field.path(), field.value(), limit) : given;
  }

  private static String or(String given, String header) {
    return given.isEmpty() ? header : given;
  }
}
