package io.mailraft.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DotStufferTest {
  /** Stuffs text in pieces of random length. */
  private static String stuffed(String text, Random pieces) {
    DotStuffer stuffer = new DotStuffer();
    ByteBuf out = Unpooled.buffer();
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    for (int from = 0; from < bytes.length; ) {
      int length = Math.min(bytes.length - from, 1 + pieces.nextInt(9));
      stuffer.write(bytes, from, length, out);
      from += length;
    }
    stuffer.end(out);
    return out.toString(StandardCharsets.ISO_8859_1);
  }

  @Test
  void dotsAreDoubledAtTheStartOfLinesAloneWhereverPiecesEnd() {
    Random random = new Random(5);
    String[] parts = {
      ".", ".", "a", "\r\n", "\r\n", "long enough for a run", "\r", "\n", "\u0000", "\u00e9"
    };
    for (int round = 0; round < 20_000; round++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(20); i > 0; i--) {
        text.append(parts[random.nextInt(parts.length)]);
      }
      String whole = text.isEmpty() || text.toString().endsWith("\r\n") ? "" + text : text + "\r\n";
      // RFC 5321 4.5.2.
      assertThat(stuffed(text.toString(), random))
          .isEqualTo(("\r\n" + whole).replace("\r\n.", "\r\n..").substring(2));
    }
  }
}
