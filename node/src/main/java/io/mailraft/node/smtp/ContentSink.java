package io.mailraft.node.smtp;

/** Takes content as it is to be stored: no dot-stuffing, no terminator. */
@FunctionalInterface
interface ContentSink {

  /** Takes the next bytes, which are the caller's again on return. */
  void content(byte[] block, int offset, int count);
}
