package io.mailraft.node.message;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BodyHashTest {
  private static String hash(String body) {
    BodyHash hash = new BodyHash();
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    hash.update(bytes, 0, bytes.length);
    return Base64.getEncoder().encodeToString(hash.finish());
  }

  private static String sha256(String text) throws Exception {
    return Base64.getEncoder()
        .encodeToString(
            MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void anEmptyBodyHasTheHashThatTheStandardGives() {
    // RFC 6376 3.4.4: the hash of nothing.
    assertThat(hash("")).isEqualTo("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    assertThat(hash("\r\n\r\n \t\r\n")).isEqualTo("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  }

  @Test
  void blanksAndEmptyLinesAreReduced() throws Exception {
    // RFC 6376 3.4.5.
    assertThat(hash(" C \r\nD \t E\r\n\r\n\r\n")).isEqualTo(sha256(" C\r\nD E\r\n"));
    assertThat(hash("a\r\n\r\n\r\nb")).isEqualTo(sha256("a\r\n\r\n\r\nb\r\n"));
    assertThat(hash("a  \t\r\n \r\nb\r\n")).isEqualTo(sha256("a\r\n\r\nb\r\n"));
  }

  @Test
  void theHashDoesNotDependOnWhereBlocksEnd() {
    Random random = new Random(7);
    StringBuilder body = new StringBuilder();
    for (int i = 0; i < 50_000; i++) {
      body.append(new String[] {"a", " ", "\t", "\r\n", "\u00e9"}[random.nextInt(5)]);
    }
    byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
    String whole = hash(body.toString());
    for (int seed = 0; seed < 20; seed++) {
      BodyHash hash = new BodyHash();
      Random sizes = new Random(seed);
      for (int from = 0; from < bytes.length; ) {
        int step = Math.min(bytes.length - from, 1 + sizes.nextInt(3_000));
        hash.update(bytes, from, step);
        from += step;
      }
      assertThat(Base64.getEncoder().encodeToString(hash.finish())).isEqualTo(whole);
    }
  }

  @Test
  void theHashIsThatOfTheCanonicalFormRuleByRule() throws Exception {
    Random random = new Random(11);
    String[] parts = {"word", "a", " ", " ", "\t", "\r\n", "\r\n\r\n", "\u0001", "\u00e9", "", ""};
    for (int round = 0; round < 5_000; round++) {
      StringBuilder body = new StringBuilder();
      for (int i = random.nextInt(60); i > 0; i--) {
        String part = parts[random.nextInt(parts.length)];
        body.append(part.isEmpty() ? "x".repeat(random.nextInt(50)) : part);
      }
      // RFC 6376 3.4.4, and 3.4.3 for the lines at the end.
      String canonical =
          (body + "\r\n")
              .replaceAll("[ \t]+", " ")
              .replace(" \r\n", "\r\n")
              .replaceAll("(\r\n)+\\z", "\r\n");
      assertThat(hash(body.toString()))
          .as("%s", body)
          .isEqualTo(sha256(canonical.equals("\r\n") ? "" : canonical));
    }
  }

  @Test
  void aPieceLongerThanTheBufferIsHashedInItsOrder() throws Exception {
    String line = "x".repeat(5_000) + "\r\n";
    assertThat(hash("a  b\r\n" + line + line + " c\r\n"))
        .isEqualTo(sha256("a b\r\n" + line + line + " c\r\n"));
  }
}
