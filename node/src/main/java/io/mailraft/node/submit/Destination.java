package io.mailraft.node.submit;

import java.nio.charset.StandardCharsets;

/**
 * Where one delivery goes.
 *
 * @param address the recipient's address
 * @param domain its domain in the form that the queue sorts by
 */
public record Destination(String address, String domain) {
  /**
   * Most bytes of one message's destinations together: a message is one record of the log, which
   * may have 8 MiB. As many as are allowed by default fit, however long they are.
   */
  public static final int TOGETHER_BYTES_MAX = 7 << 20;

  /** The zone's name, the number and what frames them. */
  private static final int OTHER_BYTES = 128;

  /** Bytes of address and domain. */
  public int textBytes() {
    return address.getBytes(StandardCharsets.UTF_8).length + domain.length();
  }

  /** What it adds to the record, at most. */
  public int bytes() {
    return textBytes() + OTHER_BYTES;
  }
}
