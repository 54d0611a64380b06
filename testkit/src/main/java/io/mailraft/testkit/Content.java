package io.mailraft.testkit;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/** The content of one message as it comes in: kept whole, or hashed and counted only. */
final class Content {
  private static final int INITIAL_BYTES = 8192;
  private static final byte[] NOTHING = {};

  private final SmtpSink.Keep keep;
  private final MessageDigest digest;
  private byte[] kept = NOTHING;
  private long bytes;

  Content(SmtpSink.Keep keep) {
    this.keep = keep;
    try {
      this.digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  void add(byte[] from, int offset, int length) {
    switch (keep) {
      case CONTENT -> {
        int filled = (int) bytes;
        int needed = Math.addExact(filled, length);
        if (needed > kept.length) {
          kept = Arrays.copyOf(kept, Math.max(Math.max(needed, INITIAL_BYTES), kept.length << 1));
        }
        System.arraycopy(from, offset, kept, filled, length);
      }
      case DIGEST -> digest.update(from, offset, length);
      case COUNT -> {}
    }
    bytes += length;
  }

  long bytes() {
    return bytes;
  }

  byte[] kept() {
    return keep == SmtpSink.Keep.CONTENT ? Arrays.copyOf(kept, (int) bytes) : NOTHING;
  }

  String sha256() {
    return keep == SmtpSink.Keep.DIGEST ? HexFormat.of().formatHex(digest.digest()) : "";
  }
}
