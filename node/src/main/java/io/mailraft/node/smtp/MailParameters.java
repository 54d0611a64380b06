package io.mailraft.node.smtp;

import java.util.Locale;

/**
 * The parameters of a MAIL command: SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8 (RFC 6531), AUTH
 * (RFC 4954).
 */
final class MailParameters {
  private static final int LONG_DIGITS_MAX = 18;

  /** Longest value of AUTH: RFC 4954 5 asks for room for 500 in the line. */
  private static final int AUTH_CHARS_MAX = 500;

  private final boolean authOffered;
  private boolean hasAuth;
  private long size = -1;
  private boolean hasBody;
  private boolean eightBit;
  private boolean smtpUtf8;

  /**
   * @param authOffered whether AUTH is a parameter
   */
  MailParameters(boolean authOffered) {
    this.authOffered = authOffered;
  }

  /**
   * Reads the parameters.
   *
   * @return {@link Reply#OK}, or what is wrong
   */
  Reply read(String text) {
    if (text.isEmpty()) {
      return Reply.OK;
    }
    if (text.charAt(0) != ' ') {
      return Reply.MAIL_SYNTAX;
    }
    int position = 0;
    while (position < text.length()) {
      if (text.charAt(position) == ' ') {
        position++;
        continue;
      }
      int blank = text.indexOf(' ', position);
      int end = blank < 0 ? text.length() : blank;
      Reply wrong = parameter(text.substring(position, end));
      if (wrong != Reply.OK) {
        return wrong;
      }
      position = end;
    }
    return Reply.OK;
  }

  private Reply parameter(String parameter) {
    int equals = parameter.indexOf('=');
    String keyword = equals < 0 ? parameter : parameter.substring(0, equals);
    String value = equals < 0 ? "" : parameter.substring(equals + 1);
    return switch (keyword.toUpperCase(Locale.ROOT)) {
      case "SIZE" -> size(value);
      case "BODY" -> body(value);
      case "SMTPUTF8" -> {
        if (smtpUtf8 || equals >= 0) {
          yield Reply.BAD_PARAMETER;
        }
        smtpUtf8 = true;
        yield Reply.OK;
      }
      case "AUTH" -> authOffered ? auth(value) : Reply.UNKNOWN_PARAMETER;
      default -> Reply.UNKNOWN_PARAMETER;
    };
  }

  /** RFC 1870 allows 20 digits; what a long cannot hold is too large for any listener. */
  private Reply size(String digits) {
    if (size >= 0 || digits.isEmpty() || digits.length() > 20) {
      return Reply.BAD_PARAMETER;
    }
    long value = 0;
    for (int i = 0; i < digits.length(); i++) {
      int digit = digits.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return Reply.BAD_PARAMETER;
      }
      value = value * 10 + digit;
    }
    size = digits.length() > LONG_DIGITS_MAX ? Long.MAX_VALUE : value;
    return Reply.OK;
  }

  /** Whoever submitted it elsewhere (RFC 4954 5). Checked for its form, and believed of nobody. */
  private Reply auth(String value) {
    boolean wellFormed = !value.isEmpty() && value.length() <= AUTH_CHARS_MAX;
    if (hasAuth || !wellFormed || value.chars().anyMatch(c -> c <= ' ' || c > '~')) {
      return Reply.BAD_PARAMETER;
    }
    hasAuth = true;
    return Reply.OK;
  }

  private Reply body(String value) {
    if (hasBody) {
      return Reply.BAD_PARAMETER;
    }
    hasBody = true;
    return switch (value.toUpperCase(Locale.ROOT)) {
      case "7BIT" -> Reply.OK;
      case "8BITMIME" -> {
        eightBit = true;
        yield Reply.OK;
      }
      case "" -> Reply.BAD_PARAMETER;
      default -> Reply.BODY_NOT_OFFERED;
    };
  }

  /** Declared size of the message, in bytes; -1 where none was declared. */
  long size() {
    return size;
  }

  boolean eightBit() {
    return eightBit;
  }

  boolean smtpUtf8() {
    return smtpUtf8;
  }
}
