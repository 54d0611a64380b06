package io.mailraft.node.access;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;

/** By what a client wants to prove who it is. Never printed. */
public sealed interface Credentials {
  /** Longest name, in characters. */
  int NAME_CHARS_MAX = 255;

  /** Longest password or token, in characters. */
  int SECRET_CHARS_MAX = 4096;

  /** A name and its password. */
  record Password(String name, String password) implements Credentials {
    @Override
    public String toString() {
      return "a password";
    }
  }

  /** A token, which alone says whose it is. */
  record Token(String text) implements Credentials {
    @Override
    public String toString() {
      return "a token";
    }
  }

  /** Whether they can be those of anybody, so that it is worth to ask. */
  default boolean isSound() {
    return switch (this) {
      case Password given -> isName(given.name()) && isSecret(given.password());
      case Token given -> isSecret(given.text());
    };
  }

  /** Whether a text can be the name of an account. */
  static boolean isName(String text) {
    return !text.isEmpty()
        && text.length() <= NAME_CHARS_MAX
        && text.indexOf(':') < 0
        && text.equals(text.strip())
        && text.chars().noneMatch(Character::isISOControl);
  }

  private static boolean isSecret(String text) {
    return !text.isEmpty()
        && text.length() <= SECRET_CHARS_MAX
        && text.chars().noneMatch(c -> c == 0 || c == '\r' || c == '\n');
  }

  /** What an Authorization header holds (RFC 7617, RFC 6750); empty where it is neither. */
  static Optional<Credentials> ofHeader(String header) {
    int blank = header.indexOf(' ');
    if (blank < 0) {
      return Optional.empty();
    }
    String text = header.substring(blank + 1).strip();
    return switch (header.substring(0, blank).toLowerCase(Locale.ROOT)) {
      case "basic" -> basic(text);
      case "bearer" -> Optional.of(new Token(text));
      default -> Optional.empty();
    };
  }

  private static Optional<Credentials> basic(String text) {
    try {
      String pair = new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8);
      int colon = pair.indexOf(':');
      return colon < 0
          ? Optional.empty()
          : Optional.of(new Password(pair.substring(0, colon), pair.substring(colon + 1)));
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // No base64, so no credentials.
    }
  }

  /** The value of an Authorization header that hands them on. */
  default String header() {
    return switch (this) {
      case Password given ->
          "Basic "
              + Base64.getEncoder()
                  .encodeToString(
                      (given.name() + ':' + given.password()).getBytes(StandardCharsets.UTF_8));
      case Token given -> "Bearer " + given.text();
    };
  }
}
