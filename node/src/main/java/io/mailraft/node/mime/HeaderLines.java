package io.mailraft.node.mime;

import io.mailraft.node.json.InputException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The header section of a message, taken apart into its fields. Immutable. */
public final class HeaderLines {
  private final List<Line> lines;

  /**
   * One field.
   *
   * @param key its name in lower case
   * @param line the whole field as it came, with the line breaks of its folds and without the last
   */
  public record Line(String key, String line) {
    /** Its value, unfolded and trimmed. */
    public String value() {
      return line.substring(line.indexOf(':') + 1).replace("\r", "").replace("\n", "").strip();
    }
  }

  private HeaderLines(List<Line> lines) {
    this.lines = List.copyOf(lines);
  }

  /**
   * Reads the fields of a section; what is no field is passed over. Bytes that are no UTF-8 show as
   * U+FFFD.
   *
   * @param length bytes of the section, with or without the empty line behind it
   */
  public static HeaderLines parse(byte[] section, int length) {
    List<Line> lines = new ArrayList<>();
    String text = new String(section, 0, length, StandardCharsets.UTF_8);
    int start = 0;
    while (start < text.length()) {
      int end = fieldEnd(text, start);
      String field = text.substring(start, end).stripTrailing();
      int colon = field.indexOf(':');
      if (colon > 0) {
        lines.add(new Line(field.substring(0, colon).strip().toLowerCase(Locale.ROOT), field));
      }
      start = end;
    }
    return new HeaderLines(lines);
  }

  private static int fieldEnd(String text, int start) {
    int position = start;
    while (position < text.length()) {
      if (text.charAt(position++) == '\n'
          && (position == text.length()
              || (text.charAt(position) != ' ' && text.charAt(position) != '\t'))) {
        break;
      }
    }
    return position;
  }

  /** All fields in their order. */
  public List<Line> lines() {
    return lines;
  }

  /** Value of the first field of that name. */
  public Optional<String> value(String key) {
    return lines.stream().filter(line -> line.key().equals(key)).findFirst().map(Line::value);
  }

  /**
   * The mailboxes in all fields of that name.
   *
   * @param limit of the message
   * @throws InputException if one of them is no address list; it names the field
   */
  public List<Mailbox> mailboxes(String key, AddressLimit limit) throws InputException {
    List<Mailbox> found = new ArrayList<>();
    for (Line line : lines) {
      if (line.key().equals(key)) {
        String name = line.line().substring(0, line.line().indexOf(':')).strip();
        for (Addressee addressee : AddressList.parse("the header " + name, line.value(), limit)) {
          found.addAll(addressee.mailboxes());
        }
      }
    }
    return found;
  }

  /** The addresses in all fields of that name, as far as they can be read. */
  public List<String> addresses(String key) {
    try {
      return mailboxes(key, AddressLimit.usual()).stream().map(Mailbox::address).toList();
    } catch (InputException e) {
      return List.of(); // To be shown to people, who see the field itself too.
    }
  }
}
