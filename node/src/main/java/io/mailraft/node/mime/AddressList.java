package io.mailraft.node.mime;

import io.mailraft.node.json.InputException;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads an address list (RFC 5322 3.4): mailboxes with and without names, comments, quoted strings,
 * groups, separated by commas. A semicolon separates too, as people write it.
 *
 * <p>Whatever is not balanced is refused, and so is every address that {@link Mailbox} does not
 * take: nothing is guessed.
 */
public final class AddressList {
  private static final int COMMENT_DEPTH_MAX = 16;

  private final String path;
  private final String text;
  private final AddressLimit limit;
  private int position;

  private AddressList(String path, String text, AddressLimit limit) {
    this.path = path;
    this.text = text;
    this.limit = limit;
  }

  /**
   * Reads a whole list, which may be empty.
   *
   * @param path where it comes from, for the refusal
   * @param text the list, unfolded
   * @throws InputException if it is none
   */
  public static List<Addressee> parse(String path, String text) throws InputException {
    return parse(path, text, AddressLimit.usual());
  }

  /**
   * Reads a whole list, which may be empty.
   *
   * @param path where it comes from, for the refusal
   * @param text the list, unfolded
   * @param limit of its message
   * @throws InputException if it is none, or names too many
   */
  public static List<Addressee> parse(String path, String text, AddressLimit limit)
      throws InputException {
    HeaderText.check(path, text, Integer.MAX_VALUE);
    return new AddressList(path, text, limit).list(false);
  }

  private List<Addressee> list(boolean inGroup) throws InputException {
    List<Addressee> found = new ArrayList<>();
    while (position < text.length()) {
      char c = text.charAt(position);
      if (inGroup && c == ';') {
        return found;
      }
      if (c == ',' || c == ';' || c == ' ' || c == '\t') {
        position++;
      } else {
        found.addAll(item(inGroup));
      }
    }
    if (inGroup) {
      throw wrong("a group is not closed by ';'");
    }
    return found;
  }

  /** What has been read of an item: as it stands without comments, and as words of a name. */
  private static final class Item {
    private final StringBuilder raw = new StringBuilder();
    private final StringBuilder name = new StringBuilder();
    private final StringBuilder comment = new StringBuilder();
    private boolean gap;

    void word(String asWritten, String asMeant) {
      raw.append(asWritten);
      name.append(gap && !name.isEmpty() ? " " : "").append(asMeant);
      gap = false;
    }

    void blank() {
      raw.append(' ');
      gap = true;
    }
  }

  /** A mailbox or a group; a comment alone is none. */
  private List<Addressee> item(boolean inGroup) throws InputException {
    Item item = new Item();
    while (position < text.length()) {
      char c = text.charAt(position);
      switch (c) {
        case ' ', '\t' -> {
          position++;
          item.blank();
        }
        case '"' -> quoted(item);
        case '(' -> {
          comment(item.comment, 0);
          item.blank();
        }
        case '[' -> literal(item);
        case '<' -> {
          return List.of(angle(item));
        }
        case ',', ';' -> {
          return bare(item);
        }
        case ':' -> {
          if (inGroup) {
            throw wrong("a group stands within a group");
          }
          position++;
          return List.of(group(item));
        }
        case ')', '>', ']' -> throw wrong("there is '" + c + "' without its opening counterpart");
        case '\\' -> throw wrong("a backslash stands outside of quotes");
        default -> word(item);
      }
    }
    return bare(item);
  }

  private List<Addressee> bare(Item item) throws InputException {
    String address = item.raw.toString().strip();
    if (address.isEmpty()) {
      return List.of();
    }
    limit.count(path);
    return List.of(Mailbox.of(path, item.comment.toString().strip(), address));
  }

  private void word(Item item) {
    int start = position;
    while (position < text.length() && " \t\"()<>[],;:\\".indexOf(text.charAt(position)) < 0) {
      position++;
    }
    String word = text.substring(start, position);
    item.word(word, word);
  }

  private void quoted(Item item) throws InputException {
    int start = position++;
    StringBuilder meant = new StringBuilder();
    while (position < text.length() && text.charAt(position) != '"') {
      if (text.charAt(position) == '\\') {
        position++;
      }
      if (position < text.length()) {
        meant.append(text.charAt(position++));
      }
    }
    if (position >= text.length()) {
      throw wrong("a quote is not closed");
    }
    position++;
    item.word(text.substring(start, position), meant.toString());
  }

  private void comment(StringBuilder into, int depth) throws InputException {
    if (depth == COMMENT_DEPTH_MAX) {
      throw wrong("comments stand within each other too deeply");
    }
    position++;
    while (position < text.length()) {
      char c = text.charAt(position);
      if (c == '(') {
        comment(into, depth + 1);
      } else if (c == ')') {
        position++;
        return;
      } else {
        if (c == '\\') {
          position++;
        }
        if (position < text.length()) {
          into.append(text.charAt(position++));
        }
      }
    }
    throw wrong("a comment is not closed by ')'");
  }

  private void literal(Item item) throws InputException {
    int end = text.indexOf(']', position);
    if (end < 0) {
      throw wrong("'[' is not closed by ']'");
    }
    String literal = text.substring(position, end + 1);
    position = end + 1;
    item.word(literal, literal);
  }

  /** The address between angle brackets, and what may follow it up to the next separator. */
  private Mailbox angle(Item named) throws InputException {
    position++;
    Item inner = new Item();
    boolean open = true;
    while (open) {
      if (position >= text.length()) {
        throw wrong("'<' is not closed by '>'");
      }
      char c = text.charAt(position);
      switch (c) {
        case '>' -> {
          position++;
          open = false;
        }
        case '"' -> quoted(inner);
        case '(' -> comment(named.comment, 0);
        case '[' -> literal(inner);
        case '<' -> throw wrong("'<' stands within '<'");
        default -> {
          inner.raw.append(c);
          position++;
        }
      }
    }
    while (position < text.length() && ",;".indexOf(text.charAt(position)) < 0) {
      char c = text.charAt(position);
      if (c == '(') {
        comment(named.comment, 0);
      } else if (c == ' ' || c == '\t') {
        position++;
      } else {
        throw wrong("something follows '>' without a comma");
      }
    }
    limit.count(path);
    String name = named.name.isEmpty() ? named.comment.toString() : named.name.toString();
    return Mailbox.of(path, name.strip(), inner.raw.toString().strip());
  }

  private MailboxGroup group(Item named) throws InputException {
    if (named.name.isEmpty()) {
      throw wrong("a group has no name");
    }
    limit.count(path);
    List<Mailbox> members = new ArrayList<>();
    for (Addressee member : list(true)) {
      members.addAll(member.mailboxes());
    }
    position++;
    return new MailboxGroup(named.name.toString().strip(), members);
  }

  private InputException wrong(String what) {
    int from = Math.max(0, Math.min(position, text.length()) - 30);
    return InputException.field(
        path,
        what + " in " + InputException.quoted(text.substring(from)) + " (names with , are quoted)");
  }
}
