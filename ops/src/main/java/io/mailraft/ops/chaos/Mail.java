package io.mailraft.ops.chaos;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * A message of a load: an envelope, and content that carries a unique id in its header.
 *
 * @param id unique id, told by the header {@value #ID_HEADER}
 * @param mailFrom reverse path
 * @param recipients forward paths, all different
 * @param content header and body, lines ended by CRLF, not dot-stuffed
 * @param bodySha256 SHA-256 of what follows the first empty line, in hex
 */
@SuppressWarnings(
    "ArrayRecordComponent") // Nobody compares these records; the array is not changed.
public record Mail(
    String id, String mailFrom, List<String> recipients, byte[] content, String bodySha256) {
  /** Name of the header that carries the unique id. */
  public static final String ID_HEADER = "X-Unique-Id";

  private static final String MARK = "\r\n\r\n";
  private static final int LINE_CHARACTERS_MAX = 200;
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  /** What a sink can tell of a message from its content. */
  public record Seen(String id, String bodySha256) {}

  /**
   * The message of a number, always the same for the same arguments. Its body has lines that begin
   * with dots, empty lines and lines of different length, up to about the given size.
   */
  public static Mail of(long seed, int number, int bodyBytesMax, int recipientsMax) {
    Random random = new Random(seed * 31 + number * GOLDEN);
    String id = Long.toHexString(seed) + "-" + number;
    List<String> recipients =
        random
            .ints(0, 100)
            .distinct()
            .limit(1 + random.nextInt(recipientsMax))
            .mapToObj(n -> "r" + n + "@d" + n % 7 + ".example")
            .toList();
    String sender = "s" + number % 10 + "@sender.example";
    StringBuilder body = new StringBuilder();
    int bytes = 1 + random.nextInt(bodyBytesMax);
    while (body.length() < bytes) {
      line(random, body);
    }
    String header =
        "From: <"
            + sender
            + ">\r\nTo: undisclosed-recipients:;\r\nSubject: load "
            + number
            + "\r\n"
            + ID_HEADER
            + ": "
            + id;
    return withContent(
        id, sender, recipients, (header + MARK + body).getBytes(StandardCharsets.US_ASCII));
  }

  /** A message of the given content, which is not copied and must not be changed. */
  public static Mail withContent(
      String id, String mailFrom, List<String> recipients, byte[] content) {
    return new Mail(id, mailFrom, recipients, content, sha256(content, bodyBegin(content)));
  }

  /** Appends a line of a body, some of which begin with a dot, with its CRLF. */
  public static void line(Random random, StringBuilder to) {
    int length = random.nextInt(LINE_CHARACTERS_MAX);
    if (random.nextInt(8) == 0) {
      to.append('.');
    }
    for (int i = 0; i < length; i++) {
      to.append((char) (' ' + random.nextInt('~' - ' ' + 1)));
    }
    to.append("\r\n");
  }

  /** What content as it arrived tells; empty where it carries no unique id. */
  public static Optional<Seen> seen(byte[] content) {
    int end = bodyBegin(content);
    String header = new String(content, 0, end, StandardCharsets.ISO_8859_1);
    return header
        .lines()
        .filter(line -> line.startsWith(ID_HEADER + ": "))
        .findFirst()
        .map(line -> new Seen(line.substring(ID_HEADER.length() + 2), sha256(content, end)));
  }

  private static int bodyBegin(byte[] content) {
    for (int i = 0; i + 3 < content.length; i++) {
      if (content[i] == '\r'
          && content[i + 1] == '\n'
          && content[i + 2] == '\r'
          && content[i + 3] == '\n') {
        return i + 4;
      }
    }
    return content.length;
  }

  private static String sha256(byte[] content, int from) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(content, from, content.length - from);
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
