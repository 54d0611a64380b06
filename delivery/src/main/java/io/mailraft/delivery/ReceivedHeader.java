package io.mailraft.delivery;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/** The Received header that is put on top of a message when it is sent (RFC 5321 4.4). */
final class ReceivedHeader {
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("EEE, d MMM yyyy HH:mm:ss '+0000'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final String helo;
  private volatile Stamp stamp = new Stamp(-1, "");

  ReceivedHeader(String helo) {
    this.helo = helo;
  }

  /** The header's bytes, folded, with CRLF at the end. */
  byte[] of(List<Held> recipients) {
    Claim first = recipients.getFirst().claim();
    MessageFacts facts = first.message();
    boolean one = recipients.size() == 1;
    StringBuilder text = new StringBuilder(256);
    text.append("Received: from ");
    clean(text, facts.helo().isEmpty() ? "unknown" : facts.helo(), facts.smtpUtf8());
    text.append(" (");
    String literal = facts.origin().indexOf(':') >= 0 ? "IPv6:" + facts.origin() : facts.origin();
    if (!facts.originHost().isEmpty() && !facts.originHost().startsWith("[")) {
      comment(text, facts.originHost(), facts.smtpUtf8());
      text.append(' ');
    }
    text.append('[');
    comment(text, literal, false);
    text.append("])");
    if (!facts.user().isEmpty()) {
      text.append("\r\n\t(Authenticated sender: ");
      comment(text, facts.user(), facts.smtpUtf8());
      text.append(')');
    }
    if (!facts.tls().isEmpty()) {
      text.append("\r\n\t(");
      comment(text, facts.tls(), false);
      text.append(')');
    }
    text.append("\r\n\tby ").append(helo).append(" with ");
    clean(text, facts.protocol(), false);
    text.append(" id ").append(first.messageId());
    if (one) {
      text.append('.').append(hex(first.seq()));
      text.append("\r\n\tfor <");
      clean(text, first.recipient(), facts.smtpUtf8());
      text.append('>');
    }
    return text.append(";\r\n\t")
        .append(now())
        .append("\r\n")
        .toString()
        .getBytes(StandardCharsets.UTF_8);
  }

  private static String hex(int seq) {
    return seq < 0x1000 ? HexFormat.of().toHexDigits(seq, 3) : Integer.toHexString(seq);
  }

  private String now() {
    // Wall clock: the header tells people when it was.
    long second = System.currentTimeMillis() / 1000;
    Stamp last = stamp;
    if (last.second != second) {
      last = new Stamp(second, DATE.format(Instant.ofEpochSecond(second)));
      stamp = last;
    }
    return last.text;
  }

  private static void comment(StringBuilder text, String part, boolean utf8) {
    int start = text.length();
    clean(text, part, utf8);
    for (int i = start; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '(' || c == ')' || c == '\\') {
        text.setCharAt(i, '?');
      }
    }
  }

  private static void clean(StringBuilder text, String part, boolean utf8) {
    for (int i = 0; i < part.length(); i++) {
      char c = part.charAt(i);
      text.append((c >= ' ' && c <= '~') || (utf8 && c > 0x9f) ? c : '?');
    }
  }

  private record Stamp(long second, String text) {}
}
