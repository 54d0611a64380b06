package io.mailraft.ops.torture;

import io.mailraft.ops.chaos.Mail;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;

/**
 * The mail of a run: what each number's message is, as a pure function of the seed. Mostly small,
 * some larger than a piece of the log, so that they are uploaded in chunks (I3).
 */
final class Letters {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;
  private static final int RECIPIENTS_MAX = 3;
  private static final int SMALL_BYTES_MAX = 4 << 10;
  private static final int MIDDLING_BYTES_MAX = 64 << 10;
  private static final int LARGE_BYTES_MIN = 300 << 10;
  private static final int LARGE_BYTES_MAX = 900 << 10;

  private final long seed;

  Letters(long seed) {
    this.seed = seed;
  }

  /** The message of a number. */
  Mail letter(int number) {
    Random random = new Random(seed * 31 + number * GOLDEN);
    String id = Long.toHexString(seed) + "-" + number;
    List<String> recipients =
        random
            .ints(0, 1000)
            .distinct()
            .limit(1 + random.nextInt(RECIPIENTS_MAX))
            .mapToObj(n -> "r" + n + "@d" + n % 23 + ".example")
            .toList();
    int dice = random.nextInt(200);
    int bytes =
        dice < 2
            ? random.nextInt(LARGE_BYTES_MIN, LARGE_BYTES_MAX)
            : 1 + random.nextInt(dice < 20 ? MIDDLING_BYTES_MAX : SMALL_BYTES_MAX);
    StringBuilder text =
        new StringBuilder(bytes + 400)
            .append("From: <s@sender.example>\r\nSubject: torture ")
            .append(number)
            .append("\r\n" + Mail.ID_HEADER + ": ")
            .append(id)
            .append("\r\n\r\n");
    int end = text.length() + bytes;
    while (text.length() < end) {
      Mail.line(random, text);
    }
    return Mail.withContent(
        id,
        "s." + id + "@sender.example",
        recipients,
        text.toString().getBytes(StandardCharsets.US_ASCII));
  }
}
