package io.mailraft.node.mime;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.mailraft.node.json.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;

/**
 * The JSON reader and the builder of messages under Jazzer. Without further ado the bodies that are
 * kept in resources are tried; with {@code JAZZER_FUZZ=1} Jazzer makes more of them, for as long as
 * it is let ({@code docs/http.md}).
 */
class LetterFuzzTest {
  private static final Pattern FIELD = Pattern.compile("[!-9;-~]+:(| .*)|[ \\t].*\\S.*");
  private static final int LINE_OCTETS_MAX = 998;

  /** Fields that stand once in a message, whatever was asked for. */
  private static final List<String> ONCE =
      List.of("from", "sender", "to", "cc", "reply-to", "subject", "message-id", "mime-version");

  @TempDir private Path directory;

  /** Whatever the bytes: a sound message or a refusal that says what is wrong. */
  @FuzzTest
  void aBodyBecomesASoundMessageOrARefusal(byte[] body) throws IOException {
    try {
      assertSound(new Letters(directory).bytes(body));
    } catch (InputException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  /** Whatever the text: mailboxes that are written so that they are read again, or a refusal. */
  @FuzzTest
  void anAddressListIsReadOrRefused(byte[] bytes) throws InputException {
    List<Addressee> read;
    try {
      read = AddressList.parse("to", new String(bytes, StandardCharsets.UTF_8));
    } catch (InputException e) {
      assertThat(e.getMessage()).startsWith("to: ");
      return;
    }
    for (Addressee addressee : read) {
      for (Mailbox mailbox : addressee.mailboxes()) {
        assertThat(AddressList.parse("again", new Mailbox("", mailbox.address(), "").header()))
            .extracting(again -> again.mailboxes().getFirst().address())
            .containsExactly(mailbox.address());
      }
    }
  }

  private static void assertSound(byte[] message) {
    String text = new String(message, StandardCharsets.ISO_8859_1);
    assertThat(text.replace("\r\n", "")).doesNotContain("\r").doesNotContain("\n");
    for (String line : text.split("\r\n", -1)) {
      assertThat(line.length()).as(line).isLessThanOrEqualTo(LINE_OCTETS_MAX);
    }
    int end = text.indexOf("\r\n\r\n");
    assertThat(end).as("the end of the header in %s", text).isPositive();
    String header = text.substring(0, end);
    for (String line : header.split("\r\n", -1)) {
      assertThat(FIELD.matcher(line).matches()).as("a line of a header: %s", line).isTrue();
    }
    String lowered = "\r\n" + header.toLowerCase(Locale.ROOT);
    for (String name : ONCE) {
      assertThat(lowered.split("\r\n" + name + ":", -1).length).as(name).isLessThanOrEqualTo(2);
    }
  }
}
