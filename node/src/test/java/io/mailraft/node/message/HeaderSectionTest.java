package io.mailraft.node.message;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HeaderSectionTest {
  private static final Instant NOW = Instant.parse("2026-03-01T12:34:56Z");
  private static final String FULL =
      "From: A <a@Shop.Example>\r\nMessage-ID: <1@x.example>\r\nDate: yesterday\r\n";

  /** A section and what came of it. */
  private record Sealed(HeaderSection section, HeaderFacts facts, String stored, String body) {}

  @Test
  void completeSectionPassesUnchanged() {
    String section = FULL + "Subject: a\r\n b\r\n\tc\r\nx-odd : y\r\n\r\n";
    Sealed sealed = seal(section + "body\r\n");
    assertThat(sealed.stored()).isEqualTo(section);
    assertThat(sealed.body()).isEqualTo("body\r\n");
    assertThat(sealed.facts().messageId()).isEqualTo("<1@x.example>");
    assertThat(sealed.facts().fromDomain()).contains("shop.example");
    assertThat(sealed.facts().values(Set.of("subject", "x-odd", "absent")))
        .containsOnly(Map.entry("subject", "a b\tc"), Map.entry("x-odd", "y"));
  }

  @Test
  void theFirstFieldOfANameIsItsValueAndWhatWasRemovedOrAddedHasNone() {
    Sealed sealed =
        seal("X-A: 1\r\nBcc: b@x.example\r\nx-a: 2\r\nX-Sending-Zone: z\r\nX-\u00c4: 3\r\n\r\n");
    assertThat(
            sealed
                .facts()
                .values(Set.of("x-a", "bcc", "x-sending-zone", "message-id", "date", "x-")))
        .containsOnly(Map.entry("x-a", "1"));
    assertThat(sealed.facts().values(Set.of())).isEmpty();
  }

  @Test
  void bytesBeyondAsciiPassUnchanged() {
    String section = FULL + "Subject: \u00c3\u00a4\u00ff\r\n\r\n";
    assertThat(seal(section).stored()).isEqualTo(section);
  }

  @Test
  void missingMessageIdAndDateAreAddedAtTheEnd() {
    Sealed sealed = seal("From: a@shop.example\r\nSubject: x\r\n\r\nbody");
    assertThat(sealed.stored())
        .matches(
            String.join(
                "\r\n",
                "From: a@shop.example",
                "Subject: x",
                "Message-ID: <[0-9a-f-]{36}@shop.example>",
                "Date: Sun, 1 Mar 2026 12:34:56 \\+0000",
                "",
                ""));
    assertThat(sealed.stored()).contains(sealed.facts().messageId());
  }

  @Test
  void addedMessageIdTakesTheDefaultDomainWhereThereIsNoFrom() {
    assertThat(seal("Subject: x\r\n\r\n").facts().messageId()).endsWith("@default.example>");
  }

  @Test
  void emptyMessageIdAndDateAreReplaced() {
    String stored = seal("Message-ID:\r\nDate:  \r\nSubject: x\r\n\r\n").stored();
    assertThat(stored).matches("(?s)Subject: x\r\nMessage-ID: <.*>\r\nDate: Sun.*\r\n\r\n");
  }

  @Test
  void blindCopiesAreRemovedHoweverTheyAreWritten() {
    String section =
        "bcc: a@x.example\r\n"
            + FULL
            + "BCC: b@x.example,\r\n c@x.example\r\n\td\r\nBcc :e\r\n"
            + "Bccx: stays\r\nResent-Bcc: f@x.example\r\n\r\n";
    assertThat(seal(section).stored()).isEqualTo(FULL + "Bccx: stays\r\n\r\n");
  }

  @Test
  void sendingZoneIsTakenOutAndToldOf() {
    Sealed sealed = seal("X-Sending-Zone: bulk\r\n" + FULL + "x-sending-zone: other\r\n\r\n");
    assertThat(sealed.stored()).isEqualTo(FULL + "\r\n");
    assertThat(sealed.facts().sendingZone()).contains("bulk");
  }

  @Test
  void receivedFieldsAreCounted() {
    assertThat(seal("Received: a\r\nRECEIVED: b\r\n c\r\nX: d\r\n\r\n").section().receivedHeaders())
        .isEqualTo(2);
  }

  @Test
  void lineThatIsNoFieldBeginsTheBody() {
    for (String line : new String[] {"no colon here", ": no name", "a b: c", "Na\u00efve: x"}) {
      Sealed sealed = seal(FULL + line + "\r\nmore: text\r\n\r\nend");
      assertThat(sealed.stored()).as(line).isEqualTo(FULL + "\r\n" + line + "\r\n");
      assertThat(sealed.body()).isEqualTo("more: text\r\n\r\nend");
    }
  }

  @Test
  void blindCopyBeforeTheLineThatIsNoFieldIsRemoved() {
    assertThat(seal(FULL + "Bcc: x@x.example\r\nno field\r\n").stored())
        .isEqualTo(FULL + "\r\nno field\r\n");
  }

  @Test
  void leadingBlankLineOrFoldMeansNoHeaderAtAll() {
    assertThat(seal("\r\nbody").stored()).startsWith("Message-ID: <").endsWith("+0000\r\n\r\n");
    assertThat(seal(" folded\r\nbody").stored()).endsWith("+0000\r\n\r\n folded\r\n");
  }

  @Test
  void contentThatEndsInsideTheSectionIsAllHeader() {
    assertThat(seal(FULL).stored()).isEqualTo(FULL + "\r\n");
    assertThat(seal(FULL + "Bcc: x@x.example\r\n").stored()).isEqualTo(FULL + "\r\n");
    assertThat(seal(FULL + "Subject: x").stored()).isEqualTo(FULL + "Subject: x\r\n\r\n");
    assertThat(seal("").stored()).startsWith("Message-ID: <");
  }

  @Test
  void sectionBeyondItsLimitIsTooLarge() {
    HeaderSection section = new HeaderSection(10);
    byte[] bytes = "Subject: abc\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);
    assertThat(section.accept(bytes, 0, bytes.length)).isEqualTo(bytes.length);
    assertThat(section.tooLarge()).isTrue();
    assertThat(section.complete()).isTrue();
  }

  @Test
  void removedFieldsCountForTheLimit() {
    HeaderSection section = new HeaderSection(100);
    byte[] field = "Bcc: a@x.example\r\n".getBytes(StandardCharsets.ISO_8859_1);
    for (int i = 0; i < 6; i++) {
      section.accept(field, 0, field.length);
    }
    assertThat(section.tooLarge()).isTrue();
  }

  @Test
  void blocksMaySplitAnywhere() {
    String content = "Bcc: a,\r\n b\r\n" + FULL + "X-Sending-Zone: z\r\nS: x\r\n y\r\n\r\nbody\r\n";
    String expected = seal(content).stored();
    for (int split = 0; split <= content.length(); split++) {
      assertThat(sealInBlocks(content, split, content.length()).stored()).isEqualTo(expected);
    }
  }

  @Test
  void randomSectionsNeverLoseABodyByteAndAlwaysEndWithAnEmptyLine() {
    String[] parts = {
      "Bcc: x", "From: a@b.example", "\r\n", "\r\n", " ", "\t", "junk", ":", "Date: "
    };
    for (long seed = 0; seed < 5_000; seed++) {
      Random random = new Random(seed);
      StringBuilder text = new StringBuilder();
      int count = random.nextInt(14);
      for (int i = 0; i < count; i++) {
        text.append(parts[random.nextInt(parts.length)]);
      }
      String content = text + "\r\n\r\nthe body\r\n";
      Sealed sealed =
          sealInBlocks(content, random.nextInt(content.length()), 1 + random.nextInt(5));
      assertThat(sealed.stored() + sealed.body()).as("seed %d", seed).endsWith("the body\r\n");
      assertThat(sealed.stored()).as("seed %d", seed).contains("\r\n\r\n");
      assertThat(sealed.stored().split("\r\n\r\n", 2)[0].toLowerCase(Locale.ROOT))
          .as("seed %d", seed)
          .doesNotContain("\r\nbcc:");
    }
  }

  private static Sealed seal(String content) {
    return sealInBlocks(content, content.length(), content.length());
  }

  /** Hands in a first block up to the split, then blocks of one size. */
  private static Sealed sealInBlocks(String content, int split, int blockBytes) {
    byte[] bytes = content.getBytes(StandardCharsets.ISO_8859_1);
    HeaderSection section = new HeaderSection(4096);
    StringBuilder body = new StringBuilder();
    int position = 0;
    while (position < bytes.length) {
      int end = position < split ? split : Math.min(bytes.length, position + blockBytes);
      int taken = section.complete() ? 0 : section.accept(bytes, position, end - position);
      body.append(
          new String(bytes, position + taken, end - position - taken, StandardCharsets.ISO_8859_1));
      position = end;
    }
    HeaderFacts facts = section.seal("default.example", NOW);
    ByteBuffer stored = section.bytes();
    String text = StandardCharsets.ISO_8859_1.decode(stored).toString();
    return new Sealed(section, facts, text, body.toString());
  }
}
