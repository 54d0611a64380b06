package io.mailraft.node.message;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/**
 * The header section of one message on its way in.
 *
 * <p>Content is handed to {@link #accept} block by block until the section is {@link #complete};
 * the rest of the content is body. {@link #seal} then adds what is missing, after which {@link
 * #bytes} is what is to be stored in the section's place.
 *
 * <p>A section that does not end with an empty line ends before the first line that is no header
 * field. That line is body, and an empty line is put before it, as other relays do.
 */
public final class HeaderSection {
  private static final int INITIAL_BYTES = 1024;
  private static final int ADDED_BYTES_MAX = 1024;
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("EEE, d MMM yyyy HH:mm:ss Z", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);

  private final int maxBytes;
  private byte[] section;
  private int length;
  private int lineStart;
  private int fieldStart = -1;
  private int nameEnd;
  private int nextNameEnd;
  private long received;

  /** All bytes so far, one upon the other: negative once one of them was. */
  private int signs;

  private boolean complete;
  private boolean tooLarge;
  private byte[] firstBodyLine = new byte[0];

  private int receivedHeaders;
  private boolean hasDate;
  private Optional<String> messageId = Optional.empty();
  private Optional<String> from = Optional.empty();
  private Optional<String> sendingZone = Optional.empty();

  /**
   * Starts an empty section.
   *
   * @param maxBytes most bytes of the section as it comes in
   */
  public HeaderSection(int maxBytes) {
    this.maxBytes = maxBytes;
    this.section = new byte[INITIAL_BYTES];
  }

  /**
   * Takes the next bytes of the content.
   *
   * @return how many of them were taken; less than {@code count} only where the section is complete
   */
  public int accept(byte[] block, int offset, int count) {
    int position = offset;
    int end = offset + count;
    while (position < end && !complete) {
      int next = position;
      while (next < end && block[next] != '\n') {
        signs |= block[next];
        next++;
      }
      boolean lineEnds = next < end;
      if (lineEnds) {
        next++;
      }
      received += next - position;
      if (received > maxBytes) {
        tooLarge = true;
        complete = true;
        return count;
      }
      append(block, position, next - position);
      position = next;
      if (lineEnds) {
        endLine();
      }
    }
    return position - offset;
  }

  /** Whether the section has ended: what follows is body. */
  public boolean complete() {
    return complete;
  }

  /** Whether there is a byte beyond ASCII in what came in or was added. */
  public boolean beyondAscii() {
    return signs < 0;
  }

  /** Whether more came in than the limit allows. The section is then of no further use. */
  public boolean tooLarge() {
    return tooLarge;
  }

  /** Number of Received fields: the hops that the message has made. */
  public int receivedHeaders() {
    return receivedHeaders;
  }

  /**
   * Ends the section, for good, and adds Message-ID and Date where they are missing. Called where
   * the section is complete or the content has ended.
   *
   * @param defaultDomain domain of an added Message-ID where the From field names none
   * @param now time for an added Date
   */
  public HeaderFacts seal(String defaultDomain, Instant now) {
    if (!complete) {
      if (length > lineStart) {
        append("\r\n");
        endLine();
      }
      if (!complete) {
        endField();
        complete = true;
      }
    }
    int fieldsEnd = length;
    if (messageId.isEmpty()) {
      String domain = from.flatMap(FromDomain::of).orElse(defaultDomain);
      String id = "<" + UUID.randomUUID() + "@" + domain + ">";
      messageId = Optional.of(id);
      append("Message-ID: " + id + "\r\n");
    }
    if (!hasDate) {
      append("Date: " + DATE.format(now) + "\r\n");
    }
    HeaderFacts facts = new HeaderFacts(section, fieldsEnd, messageId.get(), from, sendingZone);
    append("\r\n");
    append(firstBodyLine, 0, firstBodyLine.length);
    return facts;
  }

  /** Bytes of heap that it takes. */
  public int heldBytes() {
    return section.length;
  }

  /** Lets go of all bytes: it is of no further use. */
  public void clear() {
    section = new byte[0];
    length = 0;
    firstBodyLine = section;
  }

  /** The section to be stored, with the empty line that ends it. Asked for after {@link #seal}. */
  public ByteBuffer bytes() {
    return ByteBuffer.wrap(section, 0, length).asReadOnlyBuffer();
  }

  /** What {@link #bytes} holds of the body: a line that ended the section without being empty. */
  public byte[] firstBodyLine() {
    return firstBodyLine.clone();
  }

  private void endLine() {
    if (length - lineStart == 2 && section[lineStart] == '\r' && section[lineStart + 1] == '\n') {
      length = lineStart;
      endField();
      complete = true;
      return;
    }
    boolean folded = section[lineStart] == ' ' || section[lineStart] == '\t';
    if (folded && fieldStart >= 0) {
      lineStart = length;
      return;
    }
    if (folded || !startsField()) {
      firstBodyLine = Arrays.copyOfRange(section, lineStart, length);
      length = lineStart;
      endField();
      complete = true;
      return;
    }
    endField();
    fieldStart = lineStart;
    nameEnd = nextNameEnd;
    lineStart = length;
  }

  /**
   * Whether the line at hand opens with a field name and a colon (RFC 5322 2.2, and 4.5 for blanks
   * before the colon).
   */
  private boolean startsField() {
    int position = lineStart;
    while (position < length && section[position] > ' ' && section[position] != ':') {
      if (section[position] == 0x7f) {
        return false;
      }
      position++;
    }
    int end = position;
    if (end == lineStart) {
      return false;
    }
    while (position < length && (section[position] == ' ' || section[position] == '\t')) {
      position++;
    }
    if (position == length || section[position] != ':') {
      return false;
    }
    nextNameEnd = end;
    return true;
  }

  /** Judges the field that ends before the line at hand, and takes it out if it must not leave. */
  private void endField() {
    if (fieldStart < 0) {
      return;
    }
    boolean drop =
        switch (nameEnd - fieldStart) {
          case 3 -> named("bcc");
          case 4 -> date() || from();
          case 8 -> received();
          case 10 -> messageId() || named("resent-bcc");
          case 14 -> sendingZone();
          default -> false;
        };
    if (drop) {
      System.arraycopy(section, lineStart, section, fieldStart, length - lineStart);
      length -= lineStart - fieldStart;
      nextNameEnd -= lineStart - fieldStart;
      lineStart = fieldStart;
    }
    fieldStart = -1;
  }

  private boolean date() {
    if (!named("date")) {
      return false;
    }
    if (value().isEmpty()) {
      return true;
    }
    hasDate = true;
    return false;
  }

  private boolean from() {
    if (from.isEmpty() && named("from")) {
      from = Optional.of(value());
    }
    return false;
  }

  private boolean received() {
    if (named("received")) {
      receivedHeaders++;
    }
    return false;
  }

  private boolean messageId() {
    if (!named("message-id")) {
      return false;
    }
    String value = value();
    if (value.isEmpty()) {
      return true;
    }
    if (messageId.isEmpty()) {
      messageId = Optional.of(value);
    }
    return false;
  }

  private boolean sendingZone() {
    if (!named("x-sending-zone")) {
      return false;
    }
    String value = value();
    if (sendingZone.isEmpty() && !value.isEmpty()) {
      sendingZone = Optional.of(value);
    }
    return true;
  }

  private boolean named(String lowerCase) {
    return HeaderFacts.named(section, fieldStart, nameEnd, lowerCase);
  }

  private String value() {
    return HeaderFacts.value(section, nameEnd, lineStart);
  }

  private void append(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    for (byte b : bytes) {
      signs |= b;
    }
    append(bytes, 0, bytes.length);
  }

  private void append(byte[] bytes, int offset, int count) {
    if (length + count > section.length) {
      section = Arrays.copyOf(section, Math.max(length + count + ADDED_BYTES_MAX, 2 * length));
    }
    System.arraycopy(bytes, offset, section, length, count);
    length += count;
  }
}
