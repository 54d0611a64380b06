package io.mailraft.node.mime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mailraft.node.json.InputException;
import io.mailraft.node.json.InputException.Fault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What messages are made of which fields. */
class LetterTest {
  private static final Pattern PARTS =
      Pattern.compile("^Content-Type: ([^;\\n]+)|^--=_mailraft_[0-9a-f]+(--)?$", Pattern.MULTILINE);
  private static final Pattern BOUNDARY = Pattern.compile("boundary=\"([^\"]+)\"");

  @TempDir private Path directory;
  private Letters letters;

  @BeforeEach
  void open() throws IOException {
    letters = new Letters(directory);
  }

  private static String json(String fields) {
    return ("{'from': 'Sender <s@a.example>', 'to': 'r@b.example'"
            + (fields.isEmpty() ? "" : ", ")
            + fields
            + "}")
        .replace('\'', '"');
  }

  @Test
  void i9_aMessageNamesAtMostSoManyAddressesHoweverTheyAreGiven() {
    String list = "a@b.example,".repeat(300_000);
    String object = "{'address': 'a@b.example'},".repeat(22_000);
    for (String field :
        new String[] {
          "'cc': '" + list + "'",
          "'replyTo': [" + object + "null]",
          "'cc': '" + "a:;".repeat(300_000) + "'",
          "'cc': 'many: " + list + ";'",
          "'cc': '"
              + "a@b.example,".repeat(15_000)
              + "', 'bcc': '"
              + "c@b.example,".repeat(15_000)
              + "'",
          "'envelope': {'from': 's@a.example', 'to': '" + list + "'}",
          "'raw': 'To: x', 'bcc': '" + list + "'"
        }) {
      assertThatThrownBy(() -> letters.envelope(json(field)))
          .as(field.substring(0, 30))
          .isInstanceOfSatisfying(
              InputException.class,
              e -> assertThat(e.fault()).isEqualTo(Fault.TOO_MANY_RECIPIENTS));
    }
  }

  @Test
  void i9_headersThatAreLongAndManyAreRefused() {
    String part =
        "{'content': 'x', 'headers': {"
            + "'X-Long': ['"
            + String.join("','", Collections.nCopies(30, "x".repeat(8_000)))
            + "']}}";
    assertThatThrownBy(
            () ->
                letters.bytes(
                    json(
                        "'attachments': ["
                            + String.join(",", Collections.nCopies(40, part))
                            + "]")))
        .isInstanceOfSatisfying(
            InputException.class, e -> assertThat(e.fault()).isEqualTo(Fault.TOO_LARGE));
  }

  @Test
  void theSeedsMessageIsAPlainOne() throws Exception {
    assertThat(
            letters.text(
                """
                {
                "from": "sender@example.com",
                "to": "recipient1@example.com, recipient2@example.com",
                "subject": "hello",
                "text": "hello world!"
                }"""))
        .isEqualTo(
            """
            From: sender@example.com
            To: recipient1@example.com, recipient2@example.com
            Subject: hello
            MIME-Version: 1.0
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: 7bit

            hello world!""");
  }

  @Test
  void everyFieldHasItsHeader() throws Exception {
    String text =
        letters.text(
            json(
                "'sender': {'name': 'The Sender', 'address': 's2@a.example'},"
                    + "'cc': ['c@b.example', {'name': 'C, D', 'address': 'd@b.example'}],"
                    + "'bcc': 'hidden@b.example', 'replyTo': 'reply@a.example',"
                    + "'subject': 'Gr\u00fc\u00dfe', 'messageId': 'id@a.example',"
                    + "'inReplyTo': '<x@y>', 'references': ['<x@y>', 'z@y'],"
                    + "'date': '2026-01-31T12:00:00+01:00', 'priority': 'high',"
                    + "'headers': {'X-One': 'one', 'X-Two': ['a', 'b'],"
                    + "  'X-Raw': {'prepared': true, 'value': '=?UTF-8?Q?as_is?='}},"
                    + "'list': {'help': 'help@a.example?subject=help',"
                    + "  'unsubscribe': {'url': 'https://a.example/u', 'comment': 'Leave (now)'},"
                    + "  'post': [['https://a.example/p', {'url': 'p@a.example'}]],"
                    + "  'id': {'url': 'list.a.example', 'comment': 'A list'}}"));
    assertThat(text)
        .startsWith(
            """
            X-One: one
            X-Two: a
            X-Two: b
            X-Raw: =?UTF-8?Q?as_is?=
            From: Sender <s@a.example>
            Sender: The Sender <s2@a.example>
            To: r@b.example
            Cc: c@b.example, "C, D" <d@b.example>
            Reply-To: reply@a.example
            In-Reply-To: <x@y>
            References: <x@y> <z@y>
            Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=
            Message-ID: <id@a.example>
            Date: Sat, 31 Jan 2026 12:00:00 +0100
            X-Priority: 1 (Highest)
            X-MSMail-Priority: High
            Importance: High
            List-Help: <mailto:help@a.example?subject=help>
            List-Unsubscribe: <https://a.example/u> (Leave \\(now\\))
            List-Post: <https://a.example/p>, <mailto:p@a.example>
            List-ID: A list <list.a.example>
            MIME-Version: 1.0
            """)
        .doesNotContain("hidden");
  }

  @Test
  void headersStandInForFieldsThatAreNotGiven() throws Exception {
    String json =
        "{'headers': {'From': 'a@b.example', 'to': 'c@d.example', 'BCC': 'e@f.example',"
            + " 'Subject': 'from the headers'}, 'subject': 'from the field'}";
    assertThat(letters.text(json.replace('\'', '"')))
        .startsWith("From: a@b.example\nTo: c@d.example\nSubject: from the field\nMIME");
    assertThat(letters.envelope(json.replace('\'', '"')).recipients())
        .extracting(Mailbox::address)
        .containsExactly("c@d.example", "e@f.example");
  }

  /** The types of all parts, with a closing bracket behind each multipart. */
  private String tree(String fields) throws IOException {
    String text = letters.text(json(fields));
    StringBuilder tree = new StringBuilder();
    Matcher line = PARTS.matcher(text);
    while (line.find()) {
      if (line.group(1) != null) {
        boolean many = line.group(1).startsWith("multipart/");
        tree.append(line.group(1).replace("multipart/", "")).append(many ? "( " : " ");
      } else if (line.group(2) != null) {
        tree.append(") ");
      }
    }
    return tree.toString().strip();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '\u00a7',
      value = {
        " ~ text/plain",
        "'text': 't' ~ text/plain",
        "'html': 'h' ~ text/html",
        "'text': 't', 'html': 'h' ~ alternative( text/plain text/html )",
        "'text': 't', 'html': 'h', 'amp': 'a' ~ alternative( text/plain text/x-amp-html text/html )",
        "'text': 't', 'attachments': [{'filename': 'a.pdf', 'content': 'x'}] ~ mixed( text/plain application/pdf )",
        "'attachments': [{'filename': 'a.pdf', 'content': 'x'}] ~ application/pdf",
        "'attachments': [{'filename': 'a.pdf'}, {'filename': 'b.png'}] ~ mixed( application/pdf image/png )",
        "'html': 'h', 'attachments': [{'filename': 'a.png', 'cid': 'i@a'}] ~ related( text/html image/png )",
        "'text': 't', 'html': 'h', 'attachments': [{'filename': 'a.png', 'cid': 'i@a'}, {'filename': 'b.zip'}] ~ mixed( alternative( text/plain related( text/html image/png ) ) application/zip )",
        "'text': 't', 'attachments': [{'filename': 'a.png', 'cid': 'i@a'}] ~ mixed( text/plain image/png )",
        "'text': 't', 'icalEvent': {'method': 'request', 'content': 'BEGIN:VCALENDAR'} ~ mixed( alternative( text/plain text/calendar ) application/ics )",
        "'text': 't', 'alternatives': [{'contentType': 'text/x-web-markdown', 'content': '**t**'}] ~ alternative( text/plain text/x-web-markdown )",
      })
  void partsAreArrangedAsNodemailerDoes(String fields, String expected) throws Exception {
    assertThat(tree(fields == null ? "" : fields)).isEqualTo(expected);
  }

  @Test
  void contentIsReadInEveryEncoding() throws Exception {
    String base64 =
        Base64.getEncoder().encodeToString("Hi, \u00e9\n".getBytes(StandardCharsets.UTF_8));
    for (String content :
        new String[] {
          "'content': 'Hi, \u00e9\\n'",
          "'content': 'Hi, \u00e9\\n', 'encoding': 'UTF-8'",
          "'encoding': 'base64', 'content': '" + base64 + "'",
          "'content': '" + base64.replace("=", "") + "', 'encoding': 'base64url'",
          "'content': ' "
              + base64.substring(0, 5)
              + "\\r\\n "
              + base64.substring(5)
              + "', 'encoding': 'base64'",
          "'content': '48692c20c3A90a', 'encoding': 'hex'",
          "'content': 'Hi, \u00c3\u00a9\\n', 'encoding': 'latin1'",
        }) {
      String text = letters.text(json("'attachments': [{'filename': 'a.bin', " + content + "}]"));
      assertThat(text).as(content).endsWith("\n\n" + base64);
    }
  }

  @Test
  void attachmentsHaveNamesTypesAndDispositions() throws Exception {
    assertThat(
            letters.text(
                json(
                    "'attachments': [{'content': 'x'}, {'filename': false, 'contentType': 'image/png'},"
                        + " {'filename': '\u00e4 b.txt', 'contentDisposition': 'inline'},"
                        + " {'filename': 'm.eml', 'content': 'Subject: in\\n\\nbody'},"
                        + " {'filename': 'a.png', 'cid': '<i@a>', 'headers': {'X-Part': 'p'}}]")))
        .contains("Content-Type: application/octet-stream;\n\tname=\"attachment-1.bin\"\n")
        .contains("Content-Disposition: attachment;\n\tfilename=\"attachment-1.bin\"\n")
        .contains(
            "Content-Type: image/png\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment\n")
        .contains("Content-Disposition: inline;\n\tfilename*=UTF-8''%C3%A4%20b.txt\n")
        .contains(
            "Content-Type: message/rfc822;\n\tname=\"m.eml\"\nContent-Transfer-Encoding: 7bit\n")
        .contains("filename=\"m.eml\"\n\nSubject: in\n\nbody\n")
        .contains(
            "Content-Disposition: inline;\n\tfilename=\"a.png\"\nContent-ID: <i@a>\nX-Part: p\n");
  }

  @Test
  void textIsEncodedAsItNeedsToBe() throws Exception {
    assertThat(letters.text(json("'text': 'short'"))).contains("Encoding: 7bit\n");
    assertThat(letters.text(json("'text': '" + "x".repeat(77) + "'")))
        .contains("Encoding: quoted-printable\n");
    assertThat(letters.text(json("'text': 'Gr\u00fc\u00dfe'")))
        .endsWith("Encoding: quoted-printable\n\nGr=C3=BC=C3=9Fe");
    assertThat(letters.text(json("'text': '\u7530\u4e2d'")))
        .endsWith("Encoding: base64\n\n55Sw5Lit");
    assertThat(letters.text(json("'text': 'short', 'encoding': 'base64'")))
        .endsWith("Encoding: base64\n\nc2hvcnQ=");
    assertThat(letters.text(json("'text': 'a\\rb\\r\\nc\\nd'"))).endsWith("\n\na\nb\nc\nd");
  }

  @Test
  void theEnvelopeFollowsFromTheFieldsOrIsGiven() throws Exception {
    MailEnvelope fields =
        letters.envelope(
            json("'cc': 'R@b.example, r@B.EXAMPLE', 'bcc': ['c@d.example', 'T: e@f.example;']"));
    assertThat(fields.sender()).isEqualTo("s@a.example");
    assertThat(fields.recipients())
        .extracting(Mailbox::address)
        .containsExactly("r@b.example", "R@b.example", "c@d.example", "e@f.example");
    assertThat(fields.smtpUtf8()).isFalse();
    MailEnvelope given =
        letters.envelope(
            json(
                "'envelope': {'from': 'Bounces <b@a.example>', 'to': 'x@y.example', 'cc': ['z@y.example']}"));
    assertThat(given.sender()).isEqualTo("b@a.example");
    assertThat(given.recipients())
        .extracting(Mailbox::address)
        .containsExactly("x@y.example", "z@y.example");
    assertThat(letters.envelope(json("'envelope': {'from': '<>', 'to': 'x@y.example'}")).sender())
        .isEmpty();
    assertThat(letters.envelope(json("'envelope': {'to': 'x@y.example'}")).sender())
        .isEqualTo("s@a.example");
    assertThat(letters.envelope(json("'cc': '\u7530@b.example'")).smtpUtf8()).isTrue();
    assertThat(letters.envelope(json("'replyTo': '\u7530@b.example'")).smtpUtf8()).isTrue();
    assertThat(letters.envelope(json("'cc': 'a@b\u00fccher.example'")).smtpUtf8()).isFalse();
  }

  @Test
  void addressesThatNeedUtf8AreWrittenInIt() throws Exception {
    assertThat(
            letters.text(
                json(
                    "'cc': 'J\u00fcrgen <j\u00fcrgen@b\u00fccher.example>, a@b\u00fccher.example'")))
        .contains(
            "Cc: =?UTF-8?Q?J=C3=BCrgen?= <j\u00fcrgen@b\u00fccher.example>, a@xn--bcher-kva.example\n");
  }

  @Test
  void aRawMessageTakesThePlaceOfAllOthers() throws Exception {
    String json = json("'raw': 'Subject: raw\\n\\nbody', 'text': 'not this'");
    letters.with(
        json,
        letter -> {
          assertThat(letter.isRaw()).isTrue();
          assertThat(new String(letter.rawContent().readAllBytes(), StandardCharsets.UTF_8))
              .isEqualTo("Subject: raw\n\nbody");
          assertThat(letter.envelope().orElseThrow().sender()).isEqualTo("s@a.example");
          return true;
        });
    letters.with(
        "{\"raw\": {\"content\": \"U3ViamVjdDogeAoKYg==\", \"encoding\": \"base64\"}}",
        letter -> {
          assertThat(letter.envelope()).as("its own headers are to be asked").isEmpty();
          assertThat(new String(letter.rawContent().readAllBytes(), StandardCharsets.UTF_8))
              .isEqualTo("Subject: x\n\nb");
          return true;
        });
  }

  @Test
  void boundariesAreNeverTheSame() throws Exception {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 100; i++) {
      Matcher found = BOUNDARY.matcher(letters.text(json("'text': 't', 'html': 'h'")));
      assertThat(found.find()).isTrue();
      assertThat(seen.add(found.group(1))).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '\u00a7',
      value = {
        "'subject': 1 ~ subject: a string is needed",
        "'sbject': 'x' ~ sbject: is no field of a message",
        "'cc': {'name': 'x'} ~ cc: has no address",
        "'cc': [{'address': 'x'}] ~ cc[0].address: 'x' is not an address",
        "'cc': [['a@b.example', 'a b']] ~ cc[0][1]: 'a b' is not an address",
        "'cc': [[['a@b.example']]] ~ cc[0][0]: a list stands within a list",
        "'attachments': [{'path': '/etc/passwd'}] ~ attachments[0].path: files and URLs are not read",
        "'attachments': [{}, {'href': 'https://a.example'}] ~ attachments[1].href: files and URLs are not read",
        "'html': {'path': '/etc/passwd'} ~ html.path: files and URLs are not read",
        "'alternatives': [{'path': 'x'}] ~ alternatives[0].path: files and URLs",
        "'icalEvent': {'href': 'x'} ~ icalEvent.href: files and URLs",
        "'raw': {'path': 'x'} ~ raw.path: files and URLs",
        "'attachments': [{'raw': 'x'}] ~ attachments[0].raw: is no field of a part",
        "'attachments': [{'contentType': 'x'}] ~ attachments[0].contentType: 'x' is not a media type",
        "'attachments': [{'contentType': 'text/plain; x'}] ~ attachments[0].contentType: ",
        "'attachments': [{'contentType': 'multipart/mixed'}] ~ attachments[0].contentType: multiparts follow",
        "'attachments': [{'contentDisposition': 'x'}] ~ attachments[0].contentDisposition: 'x' is neither",
        "'attachments': [{'encoding': 'rot13'}] ~ attachments[0].encoding: 'rot13' is no encoding",
        "'attachments': [{'cid': 'a b'}] ~ attachments[0].cid: ",
        "'attachments': ['x'] ~ attachments[0]: an object is needed",
        "'encoding': 'x' ~ encoding: 'x' is no transfer encoding",
        "'priority': 'urgent' ~ priority: 'urgent' is none of high, normal and low",
        "'date': 'tomorrow' ~ date: 'tomorrow' is not a date",
        "'date': 99999999999999999 ~ date: is ",
        "'messageId': 'x' ~ messageId: 'x' is not a message id",
        "'references': 'a<b' ~ references: ",
        "'headers': {'X Y': 'x'} ~ headers.X Y: 'X Y' is not the name of a header",
        "'headers': {'Content-Type': 'text/html'} ~ headers.Content-Type: the header Content-Type follows",
        "'headers': [{'key': 'X:', 'value': 'x'}] ~ headers[0]: 'X:' is not the name of a header",
        "'headers': {'X': {'prepared': true, 'value': '\u00e9'}} ~ headers.X: is prepared",
        "'headers': {'Date': 'tomorrow'} ~ headers.Date: 'tomorrow' is not a date",
        "'list': {'help': 'a b'} ~ list.help: 'a b' is not a URL",
        "'list': {'help': {'comment': 'x'}} ~ list.help: has no url",
        "'envelope': {'from': 'a@b.example, c@d.example', 'to': 'x@y.example'} ~ envelope.from: is one address",
        "'envelope': {'size': 1} ~ envelope.size: is no field of an envelope",
        "'sender': 'a@b.example, c@d.example' ~ sender: is one address",
        "'disableFileAccess': 1 ~ disableFileAccess: true or false is needed",
      })
  void whatCannotBeUsedIsNamedByItsPath(String fields, String message) {
    assertThatThrownBy(() -> letters.envelope(json(fields)))
        .isInstanceOfSatisfying(
            InputException.class, e -> assertThat(e.fault()).isEqualTo(Fault.INVALID_FIELD))
        .hasMessageStartingWith(message);
  }

  @Test
  void wrongContentIsToldWhileItIsWritten() {
    for (String wrong : new String[] {"abc$", "a", "ab=c", "abc==", "====", "\u00e9"}) {
      assertThatThrownBy(
              () ->
                  letters.bytes(
                      json("'attachments': [{'encoding': 'base64', 'content': '" + wrong + "'}]")))
          .as(wrong)
          .isInstanceOf(InputException.class)
          .hasMessageStartingWith("attachments[0].content: is not base64");
    }
    assertThatThrownBy(
            () -> letters.bytes(json("'attachments': [{'encoding': 'hex', 'content': 'abc'}]")))
        .hasMessageStartingWith("attachments[0].content: is not hex");
    assertThatThrownBy(
            () ->
                letters.bytes(json("'attachments': [{'encoding': 'binary', 'content': '\u0100'}]")))
        .hasMessageContaining("beyond U+00FF");
  }

  @Test
  void aMessageNeedsASenderAndSomebodyToSendTo() {
    assertThatThrownBy(() -> letters.envelope("{\"from\": \"a@b.example\"}"))
        .isInstanceOfSatisfying(
            InputException.class, e -> assertThat(e.fault()).isEqualTo(Fault.NO_RECIPIENTS));
    assertThatThrownBy(() -> letters.envelope(json("'envelope': {'from': 'a@b.example'}")))
        .isInstanceOfSatisfying(
            InputException.class, e -> assertThat(e.fault()).isEqualTo(Fault.NO_RECIPIENTS));
    assertThatThrownBy(() -> letters.envelope("{\"to\": \"a@b.example\"}"))
        .hasMessage("from: is missing");
    assertThatThrownBy(() -> letters.envelope("[]")).hasMessageContaining("a JSON object");
  }
}
