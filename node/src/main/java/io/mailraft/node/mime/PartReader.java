package io.mailraft.node.mime;

import com.fasterxml.jackson.core.JsonToken;
import io.mailraft.node.json.InputException;
import io.mailraft.node.json.JsonReader;
import io.mailraft.node.json.Text;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads parts: attachments, alternatives, and texts that are given as an object. */
final class PartReader {
  private static final int PARTS_MAX = 1_000;
  private static final int TYPE_CHARS_MAX = 500;
  private static final int CID_CHARS_MAX = 500;
  private static final int WORD_CHARS_MAX = 40;

  /** As long as file systems allow, so that its coded form fits a line. */
  private static final int FILENAME_BYTES_MAX = 255;

  private static final Pattern METHOD = Pattern.compile("[A-Za-z-]{1,40}");

  private final JsonReader reader;

  PartReader(JsonReader reader) {
    this.reader = reader;
  }

  /** A part that is a string, or an object with {@code content}; empty where it is not given. */
  Optional<Part> textOrPart() throws IOException {
    if (reader.absent()) {
      return Optional.empty();
    }
    if (reader.token() == JsonToken.VALUE_STRING) {
      Part part = new Part(reader.path());
      Text text = reader.text();
      if (text.isEmpty()) {
        return Optional.empty();
      }
      part.content = Content.of(text);
      return Optional.of(part);
    }
    if (reader.token() != JsonToken.START_OBJECT) {
      throw reader.wrong("a string, or an object with content, is needed");
    }
    return Optional.of(part());
  }

  /** A list of parts, or a single one. */
  List<Part> parts() throws IOException {
    List<Part> parts = new ArrayList<>();
    if (reader.absent()) {
      return parts;
    }
    if (reader.token() == JsonToken.START_OBJECT) {
      parts.add(part());
      return parts;
    }
    if (reader.token() != JsonToken.START_ARRAY) {
      throw reader.wrong("a list of objects is needed");
    }
    while (reader.next() != JsonToken.END_ARRAY) {
      if (reader.token() != JsonToken.START_OBJECT) {
        throw reader.wrong("an object is needed, like {\"filename\": ..., \"content\": ...}");
      }
      if (parts.size() == PARTS_MAX) {
        throw reader.wrong("there are more than " + PARTS_MAX + " parts");
      }
      parts.add(part());
    }
    return parts;
  }

  private Part part() throws IOException {
    Part part = new Part(reader.path());
    Content.Coding coding = Content.Coding.UTF8;
    while (reader.next() != JsonToken.END_OBJECT) {
      String field = reader.name();
      reader.next();
      switch (field) {
        case "content" -> {
          if (!reader.absent()) {
            part.content = Content.of(reader.text());
          }
        }
        case "encoding" -> coding = Content.coding(reader.path(), word(WORD_CHARS_MAX));
        case "filename" -> {
          part.nameless = reader.absent();
          part.filename = filename();
        }
        case "contentType" -> part.contentType = word(TYPE_CHARS_MAX);
        case "contentDisposition" -> part.disposition = disposition();
        case "cid" -> {
          String cid = word(CID_CHARS_MAX);
          part.cid = cid.isEmpty() ? "" : MessageIds.content(reader.path(), cid);
        }
        case "contentTransferEncoding" -> part.transferEncoding = transferEncoding(reader);
        case "method" -> part.method = method();
        case "headers" -> part.headers = HeaderFieldReader.read(reader);
        case "path", "href" -> fileOrUrl();
        default ->
            throw reader.wrong(
                "is no field of a part; there are filename, content, encoding, contentType,"
                    + " contentDisposition, contentTransferEncoding, cid and headers");
      }
    }
    part.content = part.content.in(coding);
    return part;
  }

  private void fileOrUrl() throws IOException {
    if (!reader.absent()) {
      throw reader.wrong(
          "files and URLs are not read; give the content itself, base64 with \"encoding\":"
              + " \"base64\"");
    }
  }

  private String word(int maxChars) throws IOException {
    if (reader.absent()) {
      return "";
    }
    String word = reader.text().string(maxChars);
    HeaderText.check(reader.path(), word, maxChars);
    return word.strip();
  }

  private String filename() throws IOException {
    String name = word(FILENAME_BYTES_MAX);
    if (name.getBytes(StandardCharsets.UTF_8).length > FILENAME_BYTES_MAX) {
      throw reader.wrong("is longer than " + FILENAME_BYTES_MAX + " bytes");
    }
    return name.replace('\t', ' ');
  }

  private String disposition() throws IOException {
    String disposition = word(WORD_CHARS_MAX).toLowerCase(Locale.ROOT);
    if (!disposition.isEmpty()
        && !disposition.equals("inline")
        && !disposition.equals("attachment")) {
      throw reader.wrong(InputException.quoted(disposition) + " is neither inline nor attachment");
    }
    return disposition;
  }

  /** The transfer encoding at hand; empty for the one that fits best. */
  static String transferEncoding(JsonReader reader) throws IOException {
    if (reader.absent()) {
      return "";
    }
    String name = reader.text().string(WORD_CHARS_MAX).strip().toLowerCase(Locale.ROOT);
    return switch (name) {
      case "base64", "quoted-printable" -> name;
      case "", "7bit", "8bit" -> "";
      default ->
          throw reader.wrong(
              InputException.quoted(name)
                  + " is no transfer encoding; there are base64, quoted-printable, 7bit and 8bit");
    };
  }

  private String method() throws IOException {
    String method = word(WORD_CHARS_MAX);
    if (!method.isEmpty() && !METHOD.matcher(method).matches()) {
      throw reader.wrong(
          InputException.quoted(method) + " is no method of a calendar, like REQUEST");
    }
    return method.toUpperCase(Locale.ROOT);
  }
}
