package io.mailraft.node.mime;

import com.fasterxml.jackson.core.JsonToken;
import io.mailraft.node.json.InputException;
import io.mailraft.node.json.JsonReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Reads {@code list}, the headers of mailing lists (RFC 2369, RFC 2919): for each of {@code help},
 * {@code unsubscribe} and so on a URL, {@code {"url": ..., "comment": ...}}, a list of these, each
 * a header of its own, or a list of lists, each one header.
 */
final class ListHeaderReader {
  private static final int HEADERS_MAX = 100;
  private static final int URL_CHARS_MAX = 900;
  private static final int COMMENT_CHARS_MAX = 500;
  private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z-]{0,40}");
  private static final Pattern URL = Pattern.compile("[\\x21-\\x3b\\x3d\\x3f-\\x7e]+");
  private static final Pattern SCHEME = Pattern.compile("(?i)(https?|mailto|ftp):.*");

  private final JsonReader reader;
  private final List<HeaderField> fields = new ArrayList<>();

  private ListHeaderReader(JsonReader reader) {
    this.reader = reader;
  }

  /** Reads the value at hand. */
  static List<HeaderField> read(JsonReader reader) throws IOException {
    ListHeaderReader into = new ListHeaderReader(reader);
    if (!reader.absent()) {
      into.headers();
    }
    return into.fields;
  }

  private void headers() throws IOException {
    if (reader.token() != JsonToken.START_OBJECT) {
      throw reader.wrong("an object like {\"help\": \"help@example.com\"} is needed");
    }
    while (reader.next() != JsonToken.END_OBJECT) {
      String key = reader.name().strip();
      if (!NAME.matcher(key).matches()) {
        throw reader.wrong("is no name of a List- header, like help or unsubscribe");
      }
      String name = "List-" + capitals(key);
      reader.next();
      if (reader.token() == JsonToken.START_ARRAY) {
        while (reader.next() != JsonToken.END_ARRAY) {
          one(name);
        }
      } else {
        one(name);
      }
    }
  }

  private static String capitals(String key) {
    if (key.equalsIgnoreCase("id")) {
      return "ID";
    }
    StringBuilder name = new StringBuilder();
    for (String word : key.toLowerCase(Locale.ROOT).split("-", -1)) {
      name.append(name.isEmpty() ? "" : "-");
      if (!word.isEmpty()) {
        name.append(Character.toUpperCase(word.charAt(0))).append(word.substring(1));
      }
    }
    return name.toString();
  }

  /** One header: a URL or a list of them. */
  private void one(String name) throws IOException {
    String path = reader.path();
    List<String> values = new ArrayList<>();
    if (reader.token() == JsonToken.START_ARRAY) {
      while (reader.next() != JsonToken.END_ARRAY) {
        item(name).ifPresent(values::add);
      }
    } else {
      item(name).ifPresent(values::add);
    }
    if (fields.size() == HEADERS_MAX) {
      throw InputException.field(path, "there are more than " + HEADERS_MAX + " List- headers");
    }
    if (!values.isEmpty()) {
      fields.add(HeaderField.of(path, name, String.join(", ", values), true));
    }
  }

  private Optional<String> item(String name) throws IOException {
    if (reader.absent()) {
      return Optional.empty();
    }
    if (reader.token() == JsonToken.VALUE_STRING) {
      return Optional.of(value(name, url(), ""));
    }
    if (reader.token() != JsonToken.START_OBJECT) {
      throw reader.wrong("a URL, or an object with url and comment, is needed");
    }
    String path = reader.path();
    String url = "";
    String comment = "";
    while (reader.next() != JsonToken.END_OBJECT) {
      String field = reader.name();
      reader.next();
      switch (field) {
        case "url" -> url = url();
        case "comment" -> {
          comment = reader.absent() ? "" : reader.text().string(COMMENT_CHARS_MAX);
          HeaderText.check(reader.path(), comment, COMMENT_CHARS_MAX);
        }
        default -> throw reader.wrong("is no field of a List- header; there are url and comment");
      }
    }
    if (url.isEmpty()) {
      throw InputException.field(path, "has no url");
    }
    return Optional.of(value(name, url, comment));
  }

  private String url() throws IOException {
    String url = reader.text().string(URL_CHARS_MAX).strip();
    if (!URL.matcher(url).matches()) {
      throw reader.wrong(
          InputException.quoted(url) + " is not a URL: visible ASCII without < and >");
    }
    return url;
  }

  private static String value(String name, String url, String comment) {
    boolean id = name.equals("List-ID");
    String target =
        id
            ? "<" + url.replaceFirst("^[a-zA-Z]+:(//)?", "") + ">"
            : SCHEME.matcher(url).matches()
                ? "<" + url + ">"
                : (url.indexOf('@') > 0 ? "<mailto:" : "<http://") + url + ">";
    if (comment.isEmpty()) {
      return target;
    }
    if (id) {
      return HeaderText.phrase(comment) + " " + target;
    }
    boolean plain = HeaderText.isAscii(comment) && !comment.contains("=?");
    return target
        + " ("
        + (plain ? comment.replaceAll("[()\\\\]", "\\\\$0") : HeaderText.phrase(comment))
        + ")";
  }
}
