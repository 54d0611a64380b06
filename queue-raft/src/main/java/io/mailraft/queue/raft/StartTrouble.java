package io.mailraft.queue.raft;

import io.mailraft.queue.store.StoreException;
import java.io.IOException;

/** What is said of a start that did not work. */
final class StartTrouble {
  private StartTrouble() {}

  /** Names node, address and directory, and what is plainest of the causes. */
  static IOException explained(HostSettings settings, Exception e) {
    return new IOException(
        "the node "
            + settings.node()
            + " does not start on "
            + settings.address()
            + " with "
            + settings.directory()
            + ": "
            + plainest(e),
        e);
  }

  private static String plainest(Exception e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof StoreException) {
        return String.valueOf(cause.getMessage());
      }
    }
    // The deepest message is the plainest: Ratis and futures wrap it several times.
    String plainest = String.valueOf(e.getMessage());
    for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
      Throwable deeper = cause.getCause();
      String message = cause.getMessage();
      if (message != null && (deeper == null || !message.equals(deeper.toString()))) {
        plainest = message;
      }
    }
    return plainest;
  }
}
