package io.mailraft.node.mime;

import io.mailraft.node.json.InputException;
import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Message ids and content ids as headers hold them (RFC 5322 3.6.4). */
final class MessageIds {
  /** The strict form, without what RFC 5322 calls obsolete. */
  private static final Pattern STRICT =
      Pattern.compile(
          "<[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,400}@[A-Za-z0-9!#$%&'*+/=?^_`{|}~.:\\[\\]-]{1,400}>");

  /** What may stand in a reference to somebody else's message. */
  private static final Pattern LOOSE = Pattern.compile("<[\\x21-\\x3b\\x3d\\x3f-\\x7e]{1,900}>");

  private MessageIds() {}

  /**
   * The id of the message itself, in brackets.
   *
   * @throws InputException if it is none
   */
  static String own(String path, String text) throws InputException {
    String id = bracketed(text.strip());
    if (!STRICT.matcher(id).matches() || id.contains("..")) {
      throw InputException.field(
          path, InputException.quoted(text) + " is not a message id, like <1@example.com>");
    }
    return id;
  }

  /**
   * Ids of other messages, in brackets, with blanks between.
   *
   * @throws InputException if one of them is none
   */
  static String references(String path, String text) throws InputException {
    String ids =
        Arrays.stream(text.strip().split("[ \\t,]+", -1))
            .filter(id -> !id.isEmpty())
            .map(MessageIds::bracketed)
            .collect(Collectors.joining(" "));
    for (String id : ids.split(" ", -1)) {
      loose(path, id);
    }
    return ids;
  }

  /**
   * A content id (RFC 2392), in brackets.
   *
   * @throws InputException if it is none
   */
  static String content(String path, String text) throws InputException {
    String id = bracketed(text.strip());
    loose(path, id);
    return id;
  }

  private static void loose(String path, String id) throws InputException {
    if (!LOOSE.matcher(id).matches()) {
      throw InputException.field(
          path, InputException.quoted(id) + " is not an id: visible ASCII in angle brackets");
    }
  }

  private static String bracketed(String id) {
    return (id.startsWith("<") ? "" : "<") + id + (id.endsWith(">") ? "" : ">");
  }
}
