package io.mailraft.node.access;

import java.util.Optional;

/**
 * A line of a users file: {@code name:hash} or {@code name:hash:trustRouting}. Files that {@code
 * htpasswd -B} makes have the same form.
 *
 * @param name of the account
 * @param hash of its password
 * @param trustRouting whether the X-Sending-Zone header of its messages chooses their zone
 */
record UserLine(String name, PasswordHash hash, boolean trustRouting) {
  static final String TRUST_ROUTING = "trustRouting";

  /**
   * Reads a line; empty where it is blank or a comment.
   *
   * @throws IllegalArgumentException if it is none; the message repeats nothing of the line but the
   *     name
   */
  static Optional<UserLine> parse(String line) {
    String text = line.strip();
    if (text.isEmpty() || text.startsWith("#")) {
      return Optional.empty();
    }
    String[] parts = text.split(":", -1);
    if (parts.length < 2 || parts.length > 3 || !Credentials.isName(parts[0])) {
      throw new IllegalArgumentException("expected name:hash or name:hash:" + TRUST_ROUTING);
    }
    if (parts.length == 3 && !parts[2].equals(TRUST_ROUTING)) {
      throw new IllegalArgumentException(
          parts[0] + ": expected " + TRUST_ROUTING + " or nothing behind the hash");
    }
    try {
      return Optional.of(new UserLine(parts[0], PasswordHash.parse(parts[1]), parts.length == 3));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(parts[0] + ": " + e.getMessage(), e);
    }
  }

  static String format(String name, String hash, boolean trustRouting) {
    return name + ':' + hash + (trustRouting ? ":" + TRUST_ROUTING : "");
  }
}
