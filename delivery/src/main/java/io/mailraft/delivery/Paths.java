package io.mailraft.delivery;

import java.util.Optional;

/** Checks the paths of an envelope before they become commands. */
final class Paths {
  private Paths() {}

  /**
   * Why a claim's paths cannot be sent; empty if they can. No path may end its command and begin
   * another.
   */
  static Optional<Reply> unfit(Claim claim) {
    if (claim.recipient().isEmpty() || hasControls(claim.recipient())) {
      return Optional.of(Reply.of(553, "5.1.3", "The recipient's address is malformed"));
    }
    if (hasControls(claim.message().sender())) {
      return Optional.of(Reply.of(553, "5.1.7", "The sender's address is malformed"));
    }
    if (!claim.message().smtpUtf8()
        && (hasOthers(claim.recipient()) || hasOthers(claim.message().sender()))) {
      return Optional.of(Reply.of(553, "5.6.7", "An address needs SMTPUTF8"));
    }
    return Optional.empty();
  }

  private static boolean hasControls(String path) {
    return path.chars().anyMatch(c -> c < ' ' || c == 0x7f);
  }

  private static boolean hasOthers(String path) {
    return path.chars().anyMatch(c -> c > 0x7f);
  }
}
