package io.mailraft.node.mime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.mailraft.node.json.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No value of a field becomes more than the value of its header, whatever character it holds. */
class InjectionTest {
  /** A message with %s where the character goes, and the path that a refusal names. */
  private static final Map<String, String> FIELDS = new LinkedHashMap<>();

  private static final Pattern FIELD =
      Pattern.compile("[A-Za-z0-9-]+:( .*)?|[ \\t].*\\S.*", Pattern.DOTALL);

  static {
    FIELDS.put("'subject': 'a%sX-Evil: b'", "subject");
    FIELDS.put("'sender': 'N%sX <a@b.example>'", "sender");
    FIELDS.put("'sender': {'name': 'N%sX-Evil: b', 'address': 'a@b.example'}", "sender.name");
    FIELDS.put("'sender': {'name': 'N', 'address': 'a%sX@b.example'}", "sender.address");
    FIELDS.put("'sender': {'name': 'N', 'address': 'a@b%s.example'}", "sender.address");
    FIELDS.put("'cc': ['a@b.example', 'N%s <c@d.example>']", "cc[1]");
    FIELDS.put("'replyTo': '\\\"a%sb\\\"@b.example'", "replyTo");
    FIELDS.put("'headers': {'X-A': 'a%sX-Evil: b'}", "headers.X-A");
    FIELDS.put("'headers': {'X%sA': 'a'}", "headers");
    FIELDS.put("'headers': {'X-A': ['a', 'a%sb']}", "headers.X-A[1]");
    FIELDS.put("'headers': {'X-A': {'prepared': true, 'value': 'a%sX-Evil: b'}}", "headers.X-A");
    FIELDS.put("'headers': [{'key': 'X-%s', 'value': 'b'}]", "headers[0]");
    FIELDS.put("'list': {'help': 'https://a.example/%s'}", "list.help");
    FIELDS.put("'list': {'help': {'url': 'a.example', 'comment': 'a%sb'}}", "list.help.comment");
    FIELDS.put("'list': {'he%slp': 'a.example'}", "list");
    FIELDS.put("'messageId': '<a%sb@c.example>'", "messageId");
    FIELDS.put("'inReplyTo': '<a%sb@c.example>'", "inReplyTo");
    FIELDS.put("'references': ['<a@b>', '<a%sb@c.example>']", "references[1]");
    FIELDS.put("'date': 'Sat, 31 Jan 2026 12:00:00 +0000%s'", "date");
    FIELDS.put("'priority': 'high%s'", "priority");
    FIELDS.put("'encoding': 'base64%s'", "encoding");
    FIELDS.put("'envelope': {'from': 'a%s@b.example', 'to': 'c@d.example'}", "envelope.from");
    FIELDS.put("'envelope': {'to': ['a%s@b.example']}", "envelope.to[0]");
    FIELDS.put("'attachments': [{'filename': 'a%sb.txt'}]", "attachments[0].filename");
    FIELDS.put("'attachments': [{'cid': 'a%sb'}]", "attachments[0].cid");
    FIELDS.put("'attachments': [{'contentType': 'text/%s'}]", "attachments[0].contentType");
    FIELDS.put(
        "'attachments': [{'contentType': 'text/plain; a=\\\"%s\\\"'}]",
        "attachments[0].contentType");
    FIELDS.put("'attachments': [{'contentDisposition': 'inline%s'}]", "attachments[0].content");
    FIELDS.put("'attachments': [{'headers': {'X-A': 'a%sb'}}]", "attachments[0].headers.X-A");
    FIELDS.put("'icalEvent': {'method': 'REQUEST%s', 'content': 'x'}", "icalEvent.method");
  }

  @TempDir private Path directory;

  private static String json(String field, String character) {
    return "{\"from\": \"s@a.example\", \"to\": \"r@b.example\", \"text\": \"t\", "
        + field.replace('\'', '"').replace("%s", character)
        + "}";
  }

  private static String escaped(int character) {
    return String.format("\\u%04x", character);
  }

  @Test
  void charactersThatEndALineAreRefusedEverywhereWithTheirPath() throws Exception {
    Letters letters = new Letters(directory);
    List<String> forbidden = new ArrayList<>();
    for (int c : new int[] {'\r', '\n', 0, 0x760a, 0x760d, 0xd83d, 0xde00, 0x0b, 0x0c, 0x85}) {
      forbidden.add(escaped(c));
    }
    forbidden.add("\\r\\n");
    forbidden.add("\\r\\n ");
    forbidden.add("\\n\\n");
    for (Map.Entry<String, String> field : FIELDS.entrySet()) {
      for (String character : forbidden) {
        // At the end of a value of one of several words a line break would only be trimmed.
        String json = json(field.getKey(), character + "X");
        try {
          letters.bytes(json);
          fail("%s was taken", json);
        } catch (InputException e) {
          String message = String.valueOf(e.getMessage());
          boolean named = message.startsWith(field.getValue());
          // The name of a field that is no text is not even JSON.
          boolean noName = message.contains("surrogate") && json.contains("\\ud");
          assertThat(named || noName).as("%s: %s", json, message).isTrue();
        }
      }
    }
  }

  /** Characters of the first plane: those that narrow to a line break or NUL, and many others. */
  @Test
  void noCharacterAtAllMakesAHeaderOfItsOwn() throws Exception {
    Letters letters = new Letters(directory);
    List<String> fields =
        List.of(
            "'subject': 'a%sX-Evil: b'",
            "'sender': {'name': 'N%sX-Evil: b', 'address': 'a@b.example'}",
            "'sender': {'name': 'N', 'address': 'a%sX-Evil@b.example'}",
            "'headers': {'X-A': 'a%sX-Evil: b'}",
            "'list': {'help': {'url': 'a.example', 'comment': 'a%sX-Evil: b'}}",
            "'attachments': [{'filename': 'a%sX-Evil: b', 'content': ''}]");
    for (String field : fields) {
      int taken = 0;
      for (int c = 0; c <= 0xffff; c++) {
        boolean narrow = List.of(0x00, 0x0a, 0x0d, 0x85).contains(c & 0xff);
        if (c > 0x200 && !narrow && c % 97 != 0) {
          continue;
        }
        taken += isSoundlyTaken(letters, field, c) ? 1 : 0;
      }
      assertThat(taken).as(field).isGreaterThan(900);
    }
  }

  private static boolean isSoundlyTaken(Letters letters, String field, int c) throws IOException {
    try {
      assertSound(letters.bytes(json(field, escaped(c))), field, c);
      return true;
    } catch (InputException e) {
      return false; // Refused is sound.
    }
  }

  private static void assertSound(byte[] message, String field, int c) {
    String text = new String(message, StandardCharsets.ISO_8859_1);
    String header = text.substring(0, text.indexOf("\r\n\r\n"));
    for (String line : header.split("\r\n", -1)) {
      boolean sound = FIELD.matcher(line).matches() && !line.startsWith("X-Evil");
      assertThat(sound).as("%s with U+%04X: %s", field, c, line).isTrue();
    }
    assertThat(text.replace("\r\n", "")).doesNotContain("\r").doesNotContain("\n");
  }

  @Test
  void whatIsTooLongIsRefusedOrFoldedIntoLinesThatAreNot() throws IOException {
    Letters letters = new Letters(directory);
    for (Map.Entry<String, String> field : FIELDS.entrySet()) {
      for (int length : new int[] {70, 200, 900, 998, 1_500, 5_000, 20_000}) {
        for (String unit : List.of("x", "x ", "\u00e9", "\u7530", "=?", "\\\"", "\\\\")) {
          String value = unit.repeat(length / unit.length());
          try {
            byte[] message = letters.bytes(json(field.getKey(), value));
            for (String line : new String(message, StandardCharsets.ISO_8859_1).split("\r\n", -1)) {
              assertThat(line.length()).as("%s of %d %s", field, length, unit).isLessThan(999);
            }
          } catch (InputException e) {
            assertThat(e.getMessage()).as("%s", field).startsWith(field.getValue());
          }
        }
      }
    }
  }
}
