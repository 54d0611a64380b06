package io.mailraft.node.mime;

import io.mailraft.node.json.InputException;
import jakarta.activation.DataHandler;
import jakarta.mail.MessagingException;
import jakarta.mail.internet.ContentType;
import jakarta.mail.internet.MimeBodyPart;
import jakarta.mail.internet.MimeUtility;
import jakarta.mail.internet.ParameterList;
import jakarta.mail.internet.ParseException;
import java.io.IOException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** A part that holds content, with everything known that its headers say. */
final class Leaf {
  private static final String BASE64 = "base64";
  private static final String QUOTED_PRINTABLE = "quoted-printable";

  /** Type and subtype are tokens (RFC 2045 5.1). */
  private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9!#$&^_.+-]{1,127}");

  private final Part part;
  private final String type;
  private final String disposition;
  private final String filename;

  /** Empty for the one that fits the content best. */
  private final String transferEncoding;

  /** Whether the content is text whose lines end as mail has them. */
  private final boolean lines;

  private Leaf(
      Part part,
      String type,
      String disposition,
      String filename,
      String transferEncoding,
      boolean lines) {
    this.part = part;
    this.type = type;
    this.disposition = disposition;
    this.filename = filename;
    this.transferEncoding = transferEncoding;
    this.lines = lines;
  }

  /** A form of the text, of a known type. */
  static Leaf text(Part part, String type, String transferEncoding) {
    return new Leaf(
        part, type, "", "", either(part.transferEncoding, transferEncoding), part.content.isText());
  }

  /** A further form of the text. */
  static Leaf alternative(Part part, String transferEncoding) {
    String type =
        either(
            part.contentType,
            part.filename.isEmpty() ? "text/plain" : FileTypes.ofName(part.filename));
    boolean text = isText(type);
    String disposition =
        either(part.disposition, text && part.filename.isEmpty() ? "" : "attachment");
    String encoding =
        either(part.transferEncoding, text ? transferEncoding : isMessage(type) ? "" : BASE64);
    return new Leaf(
        part, type, disposition, part.filename, encoding, text && part.content.isText());
  }

  /**
   * A file.
   *
   * @param number its place among the attachments, from 1, for a name where it has none
   */
  static Leaf attachment(Part part, int number) {
    String type =
        either(
            part.contentType,
            part.filename.isEmpty() ? FileTypes.UNKNOWN : FileTypes.ofName(part.filename));
    boolean inline = isMessage(type) || (startsWith(type, "image/") && !part.cid.isEmpty());
    String filename = part.filename;
    if (filename.isEmpty() && !part.nameless && !isMessage(type)) {
      String plain = type.replaceFirst(";.*", "").strip();
      filename = "attachment-" + number + "." + FileTypes.extension(plain);
    }
    return new Leaf(
        part,
        type,
        either(part.disposition, inline ? "inline" : "attachment"),
        filename,
        either(part.transferEncoding, isMessage(type) ? "" : BASE64),
        false);
  }

  /** The file of a calendar event, beside its form as text. */
  static Leaf calendarFile(Part part, String filename) {
    return new Leaf(
        part, "application/ics", "attachment", either(part.filename, filename), BASE64, false);
  }

  private static String either(String given, String otherwise) {
    return given.isEmpty() ? otherwise : given;
  }

  private static boolean startsWith(String type, String prefix) {
    return type.toLowerCase(Locale.ROOT).startsWith(prefix);
  }

  private static boolean isText(String type) {
    return startsWith(type, "text/");
  }

  private static boolean isMessage(String type) {
    return startsWith(type, "message/");
  }

  boolean isHtml() {
    return type.toLowerCase(Locale.ROOT).matches("text/html\\b.*");
  }

  /**
   * Checks type and headers. What is wrong with the content is found while it is written.
   *
   * @throws InputException if the part cannot be made
   */
  void check() throws IOException {
    contentType(ContentScan.NOTHING);
    headers();
    if (transferEncoding.equals(QUOTED_PRINTABLE) && !isText(type)) {
      throw InputException.field(
          part.path + ".contentTransferEncoding",
          "quoted-printable is for text, and the part is " + InputException.quoted(type));
    }
  }

  /** The part as Angus Mail writes it. */
  MimeBodyPart part() throws IOException, MessagingException {
    boolean passedOn = isMessage(type);
    boolean chosen = transferEncoding.equals(BASE64) || transferEncoding.equals(QUOTED_PRINTABLE);
    // Base64 of a file needs no look at it, except where its charset is to be told.
    boolean looked = passedOn || !chosen || (isText(type) && part.content.isText());
    ContentScan scan = looked ? ContentScan.of(part.content) : ContentScan.NOTHING;
    String encoding =
        passedOn ? (scan.ascii() ? "7bit" : "8bit") : chosen ? transferEncoding : scan.best();
    boolean asLines = lines || !encoding.equals(BASE64);
    ContentType contentType = contentType(scan);
    MimeBodyPart made = new MimeBodyPart();
    made.setDataHandler(
        new DataHandler(new ContentSource(part.content, contentType.toString(), asLines)));
    made.setHeader("Content-Type", contentType + named("name"));
    made.setHeader("Content-Transfer-Encoding", encoding);
    if (!disposition.isEmpty()) {
      made.setHeader("Content-Disposition", disposition + named("filename"));
    }
    if (!part.cid.isEmpty()) {
      made.setHeader("Content-ID", part.cid);
    }
    byte[] own = headers().bytes();
    for (HeaderLines.Line line : HeaderLines.parse(own, own.length).lines()) {
      made.addHeaderLine(line.line());
    }
    return made;
  }

  private HeaderBlock headers() throws InputException {
    HeaderBlock block = new HeaderBlock();
    for (HeaderField field : part.headers) {
      block.add(field.path(), field.name(), field.encoded());
    }
    return block;
  }

  private ContentType contentType(ContentScan scan) throws InputException {
    String path = part.path + ".contentType";
    ContentType parsed;
    try {
      parsed = new ContentType(type);
    } catch (ParseException e) {
      throw noType(path);
    }
    if (!HeaderText.isAscii(type)
        || !TOKEN.matcher(parsed.getPrimaryType()).matches()
        || !TOKEN.matcher(parsed.getSubType()).matches()) {
      throw noType(path);
    }
    if (parsed.getPrimaryType().equalsIgnoreCase("multipart")) {
      throw InputException.field(path, "multiparts follow from the message's parts");
    }
    ParameterList parameters =
        Optional.ofNullable(parsed.getParameterList()).orElseGet(ParameterList::new);
    if (isText(type)
        && part.content.isText()
        && (!scan.ascii() || parameters.get("charset") != null)) {
      parameters.set("charset", "utf-8");
    }
    parsed.setParameterList(parameters);
    return parsed;
  }

  private InputException noType(String path) {
    return InputException.field(
        path, InputException.quoted(type) + " is not a media type, like text/plain");
  }

  /**
   * The file's name as a parameter, on a line of its own; nothing where it has none. In quotes,
   * whatever it holds: not all readers agree on what may stand without.
   */
  private String named(String parameter) {
    if (filename.isEmpty()) {
      return "";
    }
    if (HeaderText.isAscii(filename)) {
      return ";\r\n\t" + parameter + "=" + HeaderText.quoted(filename);
    }
    ParameterList coded = new ParameterList();
    coded.set(parameter, filename, "UTF-8");
    return ";\r\n\t" + MimeUtility.unfold(coded.toString()).substring(1).strip();
  }
}
