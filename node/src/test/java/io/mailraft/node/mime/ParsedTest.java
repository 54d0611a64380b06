package io.mailraft.node.mime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Messages as programs of others parse them, and as nodemailer makes them of the same fields. */
class ParsedTest {
  private static final long BOUND_SECONDS = 120;

  /** The release whose messages ours are compared with, and where npm puts it. */
  private static final String NODEMAILER = "nodemailer@10.6.1";

  private static final Path MODULES =
      Path.of(System.getProperty("mailraft.root", ".."), "node/target/npm");

  /** Single quotes stand for double ones. */
  private static final List<String> CASES =
      List.of(
          "'text': 'hello world!', 'subject': 'hello'",
          "'html': '<b>hello</b>', 'subject': 'Gr\u00fc\u00dfe aus K\u00f6ln'",
          "'text': 't\u00e9xt', 'html': '<b>\u7530\u4e2d</b>', 'subject': '\u7530\u4e2d\u3055\u3093 \ud83d\ude00'",
          "'text': 'a', 'html': 'b', 'amp': 'c', 'priority': 'high'",
          "'text': 'a', 'priority': 'low', 'references': ['<a@b.example>', 'c@d.example'], 'inReplyTo': '<c@d.example>'",
          "'text': 'long line " + "and more ".repeat(40) + "\\nsecond'",
          "'text': 'long word " + "x".repeat(500) + "'",
          "'text': 'From here\\n.\\n..\\n--boundary\\n\\ttab  \\nend '",
          "'text': 'a', 'attachments': [{'filename': 'a.pdf', 'content': 'AAECAw==', 'encoding': 'base64'}]",
          "'text': 'a', 'html': '<img src=\\\"cid:i@a.example\\\">', 'attachments': [{'filename': 'i.png',"
              + " 'content': '89504e47', 'encoding': 'hex', 'cid': 'i@a.example'},"
              + " {'filename': 'n\u00e4m\u00eb \u7530.txt', 'content': 'text', 'contentType': 'text/plain'}]",
          "'html': 'h', 'attachments': [{'filename': 'i.gif', 'cid': 'i@a', 'contentDisposition': 'attachment'}]",
          "'attachments': [{'filename': 'only.zip', 'content': 'x'}]",
          "'text': 'a', 'attachments': [{'filename': 'm.eml', 'contentType': 'message/rfc822',"
              + " 'content': 'From: x@y.example\\nSubject: inner\\n\\ninner body\\n'}]",
          "'text': 'a', 'icalEvent': {'method': 'REQUEST', 'content': 'BEGIN:VCALENDAR\\r\\nVERSION:2.0\\r\\nEND:VCALENDAR\\r\\n'}",
          "'text': 'a', 'alternatives': [{'contentType': 'text/x-web-markdown', 'content': '**a**'}]",
          "'text': 'a', 'headers': {'X-One': 'Gr\u00fc\u00dfe', 'X-Long': '"
              + "word ".repeat(60)
              + "end'}",
          "'text': 'a', 'list': {'help': 'admin@a.example?subject=help', 'unsubscribe':"
              + " {'url': 'https://a.example/u', 'comment': 'Leave'}, 'id': {'url': 'l.a.example', 'comment': 'A list'}}",
          "'text': 'a', 'sender': {'name': 'J\u00fcrgen, M.', 'address': 'j@a.example'},"
              + " 'cc': [{'name': 'A \\\"B\\\" C', 'address': 'c@b.example'}, {'name': '\u7530\u4e2d\u592a\u90ce', 'address': 'd@b.example'}],"
              + " 'replyTo': [{'name': 'Dr. Who', 'address': 'who@a.example'}]",
          "'text': 'a', 'cc': 'Team: a@b.example, C D <c@d.example>;'",
          "'text': 'caf\u00e9', 'encoding': 'base64'",
          "'text': 'plain', 'encoding': 'quoted-printable', 'date': '2026-01-31T12:00:00Z'",
          "'text': ''",
          "'text': 'a', 'bcc': 'hidden@b.example', 'messageId': '<id.1@a.example>', 'date': '2026-01-31T12:00:00Z'",
          "'text': 'a', 'references': '<a@b.example> <c@d.example>', 'inReplyTo': 'c@d.example'",
          "'text': 'a', 'priority': 'normal', 'subject': 'Re: ceci n\u2019est pas "
              + "tr\u00e8s long ".repeat(20)
              + "fin'",
          "'subject': '\u043f\u0440\u0438\u0432\u0435\u0442 \u043c\u0438\u0440 "
              + "\u043c".repeat(120)
              + "', 'text': '\u043c\u0438\u0440'",
          "'amp': '<html amp4email></html>', 'text': 'a', 'html': '<b>\u00e9</b>', 'alternatives': ["
              + "{'contentType': 'text/x-one', 'content': 'b25l', 'encoding': 'base64'},"
              + " {'contentType': 'application/json', 'content': '{}'}]",
          "'html': '<img src=\\\"cid:a@x\\\"><img src=\\\"cid:b@x\\\">', 'text': 'a', 'amp': 'c', 'attachments': ["
              + "{'filename': 'a.png', 'content': 'iVBORw0K', 'encoding': 'base64', 'cid': 'a@x'},"
              + " {'filename': 'b.jpg', 'content': '/9j/', 'encoding': 'base64', 'cid': 'b@x', 'contentDisposition': 'inline'},"
              + " {'filename': 'c.pdf', 'content': 'JVBERi0=', 'encoding': 'base64'}]",
          "'text': 'a', 'attachments': [{'filename': 'i.txt', 'content': 'in line', 'contentDisposition': 'inline',"
              + " 'contentType': 'text/plain; charset=utf-8'}, {'filename': 'caf\u00e9.bin', 'content': 'caf\u00e9', 'encoding': 'latin1'}]",
          "'text': 'a', 'html': 'b', 'icalEvent': {'method': 'CANCEL', 'filename': 'event.ics', 'content':"
              + " 'BEGIN:VCALENDAR\\r\\nSUMMARY:Gr\u00fc\u00dfe\\r\\nEND:VCALENDAR\\r\\n'}, 'attachments': [{'filename': 'x.bin', 'content': 'x'}]",
          "'text': 'a', 'icalEvent': 'BEGIN:VCALENDAR\\r\\nEND:VCALENDAR\\r\\n'",
          "'text': 'a', 'list': {'unsubscribe': [{'url': 'https://a.example/u', 'comment': 'Gehen'}, 'leave@a.example'],"
              + " 'subscribe': [['https://a.example/s', 'join@a.example']], 'post': 'https://a.example/p'}",
          "'text': 'a', 'headers': {'X-Many': ['one', 'two'], 'X-Number': 17, 'X-Made': {'prepared': true, 'value': '=?UTF-8?Q?made?='}}",
          "'text': 'a', 'headers': [{'key': 'X-Keyed', 'value': 'v'}, {'key': 'X-Keyed', 'value': '\u7530'}]",
          "'text': 'a', 'cc': ['c@b.example', {'name': 'D', 'address': 'd@b.example'}], 'envelope': {'from': 'e@a.example', 'to': 'f@b.example'}",
          "'text': 'a', 'cc': [{'name': 'IDN', 'address': 'c@k\u00f6ln.example'}], 'replyTo': {'name': '', 'address': 'r@\u4f8b\u3048.example'}",
          "'text': {'content': 'Z3LDvMOfZQ==', 'encoding': 'base64'}, 'html': {'content': '<b>b</b>'}",
          "'html': '" + "\u7530\u4e2d".repeat(400) + "', 'encoding': 'quoted-printable'",
          "'raw': 'From: s@a.example\\r\\nTo: r@b.example\\r\\nSubject: raw\\r\\nX-Kept: yes\\r\\n\\r\\nraw body\\r\\n'");

  @TempDir private Path directory;

  private static String whole(String fields) {
    return ("{'from': {'name': 'S\u00e9nder', 'address': 's@a.example'},"
            + " 'to': [{'name': '', 'address': 'r@b.example'}], "
            + fields
            + "}")
        .replace('\'', '"');
  }

  private static List<String> cases() {
    return CASES.stream().map(ParsedTest::whole).toList();
  }

  private void write(List<String> documents) throws IOException {
    Letters letters = new Letters(directory.resolve("spool"));
    for (int i = 0; i < documents.size(); i++) {
      Path json = directory.resolve("%04d.json".formatted(i));
      Files.writeString(json, documents.get(i));
      Files.write(directory.resolve("%04d.eml".formatted(i)), letters.bytes(documents.get(i)));
    }
  }

  private static String resource(String name) throws URISyntaxException {
    return Path.of(ParsedTest.class.getResource("/mime/" + name).toURI()).toString();
  }

  private record Ran(int status, String output) {}

  private Ran run(String... command) throws IOException, InterruptedException {
    Path output = directory.resolve("output");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().putIfAbsent("NODE_PATH", MODULES.resolve("node_modules").toString());
    Process process = builder.start();
    if (!process.waitFor(BOUND_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IllegalStateException(command[0] + " did not end");
    }
    return new Ran(process.exitValue(), Files.readString(output));
  }

  private boolean works(String... probe) throws InterruptedException {
    try {
      return run(probe).status() == 0;
    } catch (IOException e) {
      return false; // There is no such program.
    }
  }

  private void assumeWorks(String... probe) throws InterruptedException {
    assumeTrue(works(probe), String.join(" ", probe) + " does not work here");
  }

  private void assertSound() throws Exception {
    Ran checked = run("python3", resource("check.py"), directory.toString());
    assertThat(checked.output()).isEmpty();
    assertThat(checked.status()).isZero();
  }

  @Test
  void pythonFindsNoDefectAndEverythingThatWasSaid() throws Exception {
    assumeWorks("python3", "-c", "import email.policy");
    write(cases());
    assertSound();
  }

  @Test
  void pythonFindsNoDefectInRandomMessages() throws Exception {
    assumeWorks("python3", "-c", "import email.policy");
    List<String> documents = new ArrayList<>();
    for (int seed = 0; seed < 300; seed++) {
      documents.add(random(new Random(seed)));
    }
    write(documents);
    assertSound();
  }

  @Test
  void nodemailerMakesTheSameOfTheSameFields() throws Exception {
    assumeWorks("python3", "-c", "import email.policy");
    if (!works("node", "-e", "require('nodemailer')")) {
      assumeWorks(
          "npm",
          "install",
          "--prefix",
          MODULES.toString(),
          "--no-audit",
          "--no-fund",
          "--no-package-lock",
          "--ignore-scripts",
          NODEMAILER);
      assumeWorks("node", "-e", "require('nodemailer')");
    }
    write(cases());
    Ran made = run("node", resource("nodemailer.js"), directory.toString());
    assertThat(made.status()).as(made.output()).isZero();
    assertSound();
  }

  /** A checker that finds nothing must be able to. */
  @Test
  void theCheckFindsWhatIsWrong() throws Exception {
    assumeWorks("python3", "-c", "import email.policy");
    write(List.of(whole("'text': 'a', 'subject': 'b'")));
    Path message = directory.resolve("0000.eml");
    for (String wrong :
        List.of(
            Files.readString(message).replace("Subject: b", "Subject: c"),
            Files.readString(message).replace("r@b.example", "r@@b.example"),
            Files.readString(message).replace("text/plain", "multipart/mixed"))) {
      Files.writeString(message, wrong);
      assertThat(run("python3", resource("check.py"), directory.toString()).output())
          .startsWith("0000.json: ");
    }
  }

  private static String text(Random random, int maxChars) {
    int[] bases = {' ', ' ', ' ', 0xa1, 0x400, 0x4e00, 0x1f600};
    int[] widths = {0x5f, 0x5f, 0x5f, 0x100, 0x40, 0x1000, 0x40};
    StringBuilder text = new StringBuilder();
    int kind = random.nextInt(bases.length);
    for (int i = random.nextInt(maxChars); i >= 0; i--) {
      kind = random.nextInt(10) == 0 ? random.nextInt(bases.length) : kind;
      text.appendCodePoint(bases[kind] + random.nextInt(widths[kind]));
    }
    return text.toString();
  }

  /** Text of one line without blanks at its ends, which headers do not keep. */
  private static String line(Random random, int maxChars) {
    String line = text(random, maxChars).strip().replaceAll(" +", " ");
    return line.isEmpty() ? "x" : line;
  }

  private static String random(Random random) throws IOException {
    StringWriter out = new StringWriter();
    try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
      json.writeStartObject();
      json.writeObjectFieldStart("from");
      json.writeStringField("name", line(random, 80));
      json.writeStringField("address", "s@a.example");
      json.writeEndObject();
      json.writeArrayFieldStart("to");
      for (int i = random.nextInt(5); i >= 0; i--) {
        json.writeStartObject();
        json.writeStringField("name", line(random, 60));
        json.writeStringField("address", "r" + i + "@b.example");
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeStringField("subject", line(random, 300));
      if (random.nextBoolean()) {
        json.writeStringField("text", text(random, 500) + "\n" + text(random, 3_000));
      }
      if (random.nextBoolean()) {
        json.writeStringField("html", text(random, 9_000).replace(' ', '\n'));
      }
      json.writeArrayFieldStart("attachments");
      for (int i = random.nextInt(3); i > 0; i--) {
        byte[] bytes = new byte[random.nextInt(20_000)];
        random.nextBytes(bytes);
        boolean hex = random.nextBoolean();
        json.writeStartObject();
        json.writeStringField(
            "filename", i + line(random, 40).replaceAll("[\"\\\\]", "_") + ".bin");
        json.writeStringField(
            "content",
            hex
                ? HexFormat.of().formatHex(bytes)
                : new String(Base64.getEncoder().encode(bytes), StandardCharsets.US_ASCII));
        json.writeStringField("encoding", hex ? "hex" : "base64");
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    return out.toString();
  }
}
