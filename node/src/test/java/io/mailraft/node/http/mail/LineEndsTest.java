package io.mailraft.node.http.mail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mailraft.node.json.InputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LineEndsTest {
  private static final int LINE_MAX = 20;

  private static String through(String text, Random random) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    LineEnds ends = new LineEnds(LINE_MAX, out::write);
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    for (int from = 0; from < bytes.length; ) {
      int step = Math.min(bytes.length - from, 1 + random.nextInt(7));
      ends.write(bytes, from, step);
      from += step;
    }
    ends.end();
    assertThat(ends.eightBit()).isEqualTo(text.chars().anyMatch(c -> c > 0x7f));
    return out.toString(StandardCharsets.ISO_8859_1);
  }

  @Test
  void everyLineEndsInCrlfWhateverItEndedInAndWhereverBlocksEnd() throws Exception {
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < 200; i++) {
        text.append(new String[] {"a", "b\u00e9", "\n", "\r\n", "c\n"}[random.nextInt(5)]);
      }
      text.append("\n");
      assertThat(through(text.toString(), random))
          .isEqualTo(text.toString().replace("\r\n", "\n").replace("\n", "\r\n"));
    }
  }

  @Test
  void aLastLineIsEndedAndNothingStaysNothing() throws Exception {
    assertThat(through("a", new Random(1))).isEqualTo("a\r\n");
    assertThat(through("", new Random(1))).isEmpty();
    assertThat(through("a\r\n", new Random(1))).isEqualTo("a\r\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a\rb\r\n", "\r\r\n", "a\r", "a\0b\n", "012345678901234567890\n", "a\r\n\r"})
  void whatMustNotBeInAMessageIsRefused(String text) {
    for (int seed = 0; seed < 10; seed++) {
      Random random = new Random(seed);
      assertThatThrownBy(() -> through(text, random)).isInstanceOf(InputException.class);
    }
  }
}
