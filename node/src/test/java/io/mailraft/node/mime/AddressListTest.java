package io.mailraft.node.mime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mailraft.node.json.InputException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressListTest {

  private static String shown(String list) throws InputException {
    StringBuilder shown = new StringBuilder();
    for (Addressee addressee : AddressList.parse("to", list)) {
      for (Mailbox mailbox : addressee.mailboxes()) {
        shown.append(shown.isEmpty() ? "" : " | ");
        shown.append(mailbox.name()).append('<').append(mailbox.address()).append('>');
      }
    }
    return shown.toString();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '\u00a7',
      value = {
        "a@b.example ~ <a@b.example>",
        "<a@b.example> ~ <a@b.example>",
        "A <a@B.Example> ~ A<a@b.example>",
        "\"A, B\" <a@b.example>, c@d.example ~ A, B<a@b.example> | <c@d.example>",
        "John Q. Public <j@b.example> ~ John Q. Public<j@b.example>",
        "\"a \\\"b\\\\\" <a@b.example> ~ a \"b\\<a@b.example>",
        "a@b.example (John (the) Doe) ~ John the Doe<a@b.example>",
        "(c) John (d) <a@b.example> (e) ~ John<a@b.example>",
        "a@b.example; c@d.example ~ <a@b.example> | <c@d.example>",
        ", a@b.example,, c@d.example , ~ <a@b.example> | <c@d.example>",
        "Team: a@b.example, C <c@d.example>;, e@f.example ~ <a@b.example> | C<c@d.example> | <e@f.example>",
        "\"a b\"@c.example ~ <\"a b\"@c.example>",
        "\"a@b\"@c.example ~ <\"a@b\"@c.example>",
        "\"ab\"@c.example ~ <ab@c.example>",
        "A <\"a,b\"@c.example> ~ A<\"a,b\"@c.example>",
        "a@[192.0.2.1], b@[IPv6:2001:db8::1] ~ <a@[192.0.2.1]> | <b@[IPv6:2001:db8:0:0:0:0:0:1]>",
        "J\u00fcrgen <j@b\u00fccher.example> ~ J\u00fcrgen<j@xn--bcher-kva.example>",
        "j\u00fcrgen@b\u00fccher.example ~ <j\u00fcrgen@b\u00fccher.example>",
        "\u7530\u4e2d <t@b.example> ~ \u7530\u4e2d<t@b.example>",
      })
  void readsWhatPeopleWrite(String list, String expected) throws Exception {
    assertThat(shown(list)).isEqualTo(expected);
  }

  @Test
  void nothingAndAnEmptyGroupAreNobody() throws Exception {
    assertThat(AddressList.parse("to", "")).isEmpty();
    assertThat(AddressList.parse("to", " , ;")).isEmpty();
    assertThat(AddressList.parse("to", "(nobody)")).isEmpty();
    assertThat(AddressList.parse("to", "undisclosed-recipients:;")).hasSize(1);
    assertThat(shown("undisclosed-recipients:;")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a",
        "a@",
        "@b.example",
        "a@b@c.example",
        "a b@c.example",
        "John Doe a@b.example",
        "Doe, John <a@b.example>",
        "\"a <a@b.example>",
        "a@b.example (c",
        "a@b.example c)",
        "<a@b.example",
        "a@b.example>",
        "<<a@b.example>>",
        "<a@b.example> c",
        "<a@b.example> <c@d.example>",
        "a@[192.0.2.1",
        "a@192.0.2.1]",
        "a@[999.0.0.1]",
        "Team: a@b.example",
        "Team: Other: a@b.example;;",
        ": a@b.example;",
        "a\\b@c.example",
        "a@b..example",
        "a@-b.example",
        ".a@b.example",
        "a.@b.example",
        "<>",
        "<@x.example:a@b.example>",
        "((((((((((((((((((((((a))))))))))))))))))))))",
        "a@b.example\r\nBcc: c@d.example",
        "a@b.example\nc",
        "a\0@b.example",
        "a\u760a@b.example",
        "N\u760dame <a@b.example>",
        "N\u0007ame <a@b.example>",
        "\ud800 <a@b.example>",
        "a\u200b@b.example",
        "a@b\u2028.example",
      })
  void refusesWhatIsNoList(String list) {
    assertThatThrownBy(() -> AddressList.parse("to", list))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("to: ");
  }

  @Test
  void refusesWhatIsTooLong() {
    for (String address :
        List.of(
            "x".repeat(65) + "@b.example",
            "a@" + "x".repeat(64) + ".example",
            "a@" + "x.".repeat(130) + "example",
            "N".repeat(1_001) + " <a@b.example>")) {
      assertThatThrownBy(() -> AddressList.parse("to", address)).isInstanceOf(InputException.class);
    }
  }

  /** Whatever comes: mailboxes that are fit for an envelope, or a refusal. */
  @Test
  void randomListsEndInAddressesOrInARefusal() {
    String alphabet = "ab@.,;:<>()[]\"\\ \tx1-\u00e9\u7530=?";
    int read = 0;
    for (int seed = 0; seed < 20_000; seed++) {
      Random random = new Random(seed);
      StringBuilder list = new StringBuilder();
      for (int i = random.nextInt(30); i >= 0; i--) {
        list.append(
            random.nextInt(4) == 0
                ? new String[] {"a@b.example", "<c@d.example>", "\"q\"", "N "}[random.nextInt(4)]
                : String.valueOf(alphabet.charAt(random.nextInt(alphabet.length()))));
      }
      try {
        for (Addressee addressee : AddressList.parse("to", list.toString())) {
          for (Mailbox mailbox : addressee.mailboxes()) {
            read++;
            assertThat(mailbox.address()).matches("[^\\r\\n\\x00<>]+@[^\\s@<>]+");
            // What is written is read again as the same.
            assertThat(AddressList.parse("again", mailbox.address()).getFirst().mailboxes())
                .extracting(Mailbox::address)
                .containsExactly(mailbox.address());
          }
        }
      } catch (InputException e) {
        assertThat(e).hasMessageStartingWith("to: ");
      }
    }
    assertThat(read).isGreaterThan(200);
  }
}
