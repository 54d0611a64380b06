package io.mailraft.node.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.node.smtp.ContentScanner.Fault;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ContentScannerTest {
  private static final int MAX_LINE_BYTES = 6;

  /** What a scanner makes of some bytes. */
  private record Result(String content, int end, Fault fault, boolean eightBit) {}

  @Test
  void contentEndsAtDotOnItsOwnLine() {
    assertThat(whole("ab\r\ncd\r\n.\r\nQUIT"))
        .isEqualTo(new Result("ab\r\ncd\r\n", 11, Fault.NONE, false));
  }

  @Test
  void contentMayBeEmpty() {
    assertThat(whole(".\r\n")).isEqualTo(new Result("", 3, Fault.NONE, false));
  }

  @Test
  void stuffedDotsAreTakenOut() {
    assertThat(whole("..\r\n.a\r\n...\r\n.\r\n").content()).isEqualTo(".\r\na\r\n..\r\n");
  }

  @Test
  void stuffedDotDoesNotCountForTheLineLength() {
    assertThat(whole("..23456\r\n.\r\n").fault()).isEqualTo(Fault.NONE);
    assertThat(whole("1234567\r\n.\r\n").fault()).isEqualTo(Fault.LINE_TOO_LONG);
  }

  @Test
  void nothingButCrlfDotCrlfEndsTheContent() {
    for (String almost :
        new String[] {
          "a\n.\n",
          "a\n.\r\n",
          "a\r\n.\n",
          "a\r.\r",
          "a\r.\r\n",
          "a\r\n.\r",
          "a\r\n.\rb\r\n",
          "a\r\n\n.\r\n",
          "a\r\n.\r\r\n",
          "a\r\r\n\r.\r\n",
          "a\u0000\n.\r\n"
        }) {
      Result result = whole(almost);
      assertThat(result.end()).as(almost).isEqualTo(-1);
      Result ended = whole(almost + "x\r\n.\r\n");
      assertThat(ended.fault()).as(almost).isEqualTo(Fault.BARE_CR_OR_LF);
      assertThat(ended.end()).as(almost).isEqualTo(almost.length() + 6);
    }
  }

  @Test
  void nulAndEightBitBytesAreNoted() {
    assertThat(whole("a\u0000b\r\n.\r\n").fault()).isEqualTo(Fault.NUL);
    assertThat(whole("a\u00e4b\r\n.\r\n").eightBit()).isTrue();
    assertThat(whole("a~b\r\n.\r\n").eightBit()).isFalse();
  }

  @Test
  void chunkedContentEndingInCarriageReturnIsBare() {
    ContentScanner scanner = new ContentScanner(false, 100);
    byte[] bytes = "ab\r".getBytes(StandardCharsets.ISO_8859_1);
    scanner.scan(bytes, 0, bytes.length, (block, offset, count) -> {});
    assertThat(scanner.fault()).isEqualTo(Fault.NONE);
    scanner.end();
    assertThat(scanner.fault()).isEqualTo(Fault.BARE_CR_OR_LF);
  }

  @Test
  void agreesWithTheReferenceOnRandomBytesAtEverySplit() {
    String alphabet = "\r\n..\r\n.a\u0000\u00ff";
    for (long seed = 0; seed < 20_000; seed++) {
      Random random = new Random(seed);
      StringBuilder text = new StringBuilder();
      int length = random.nextInt(18);
      for (int i = 0; i < length; i++) {
        if (random.nextInt(3) == 0) {
          text.append("\r\n");
        } else {
          text.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
      }
      boolean dotted = random.nextInt(4) > 0;
      byte[] bytes = text.toString().getBytes(StandardCharsets.ISO_8859_1);
      Result expected = reference(bytes, dotted);
      for (int split = 0; split <= bytes.length; split++) {
        assertAgrees(seed, expected, scan(bytes, dotted, split));
      }
      assertAgrees(seed, expected, scan(bytes, dotted, -1));
    }
  }

  /**
   * Content is compared only where there is no bare CR or LF: of a refused message none is kept.
   */
  private static void assertAgrees(long seed, Result expected, Result actual) {
    Result comparable =
        expected.fault() == Fault.BARE_CR_OR_LF
            ? new Result(actual.content(), expected.end(), expected.fault(), expected.eightBit())
            : expected;
    assertThat(actual).as("seed %d", seed).isEqualTo(comparable);
  }

  private static Result whole(String text) {
    return scan(text.getBytes(StandardCharsets.ISO_8859_1), true, 0);
  }

  /** Scans in two blocks, or byte by byte where the split is -1. */
  private static Result scan(byte[] bytes, boolean dotted, int split) {
    ContentScanner scanner = new ContentScanner(dotted, MAX_LINE_BYTES);
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    int end = -1;
    if (split < 0) {
      for (int i = 0; i < bytes.length && end < 0; i++) {
        end = scanner.scan(bytes, i, i + 1, content::write);
      }
    } else {
      end = scanner.scan(bytes, 0, split, content::write);
      if (end < 0) {
        end = scanner.scan(bytes, split, bytes.length, content::write);
      }
    }
    return new Result(
        content.toString(StandardCharsets.ISO_8859_1), end, scanner.fault(), scanner.eightBit());
  }

  /** The same by splitting at CRLF, with no state and no blocks. */
  private static Result reference(byte[] bytes, boolean dotted) {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    int end = -1;
    if (dotted) {
      end = text.startsWith(".\r\n") ? 3 : text.indexOf("\r\n.\r\n") + 5;
      end = end == 4 ? -1 : end;
    }
    String counted = end < 0 ? text : text.substring(0, end - 3);
    StringBuilder content = new StringBuilder();
    boolean bare = false;
    boolean tooLong = false;
    int position = 0;
    while (position < counted.length()) {
      int crlf = counted.indexOf("\r\n", position);
      String line = crlf < 0 ? counted.substring(position) : counted.substring(position, crlf);
      boolean unfinished = crlf < 0;
      // At the end of the bytes a CR may still become a CRLF, and a dot with it the end.
      boolean openCr = unfinished && line.endsWith("\r");
      String body = openCr ? line.substring(0, line.length() - 1) : line;
      boolean undecidedDot = dotted && unfinished && (line.equals(".") || line.equals(".\r"));
      bare |= body.indexOf('\r') >= 0 || body.indexOf('\n') >= 0;
      String unstuffed = dotted && body.startsWith(".") ? body.substring(1) : body;
      tooLong |= unstuffed.length() > MAX_LINE_BYTES;
      if (!undecidedDot) {
        content.append(unstuffed);
        content.append(unfinished ? (openCr ? "\r" : "") : "\r\n");
      }
      position = crlf < 0 ? counted.length() : crlf + 2;
    }
    boolean nul = counted.indexOf('\0') >= 0;
    boolean eightBit = counted.chars().anyMatch(c -> c >= 0x80);
    Fault fault = Fault.NONE;
    if (bare) {
      fault = Fault.BARE_CR_OR_LF;
    } else if (nul) {
      fault = Fault.NUL;
    } else if (tooLong) {
      fault = Fault.LINE_TOO_LONG;
    }
    return new Result(content.toString(), end, fault, eightBit);
  }
}
