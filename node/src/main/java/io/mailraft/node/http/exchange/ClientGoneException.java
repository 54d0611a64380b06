package io.mailraft.node.http.exchange;

import java.io.IOException;

/** The client went away in the middle: nobody waits for an answer. */
public final class ClientGoneException extends IOException {
  private static final long serialVersionUID = 1L;

  ClientGoneException(String message, Throwable cause) {
    super(message, cause);
  }
}
