package io.mailraft.node.spool;

import java.io.IOException;

/** There is too little free space to spool more. */
public final class SpoolFullException extends IOException {
  private static final long serialVersionUID = 1L;

  SpoolFullException(String message) {
    super(message);
  }
}
