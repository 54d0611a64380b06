package io.mailraft.node.http.v1;

import java.util.concurrent.Semaphore;

/**
 * The memory of all batches together: one half for their templates, which stay for as long as their
 * batch is served, one for the messages that are on their way. Both are counted by what a text of
 * that length may become, so that many small messages are taken at a time and few large ones.
 */
final class BatchMemory {
  /** What a byte of JSON becomes at most: a list of numbers of one digit, or of empty objects. */
  private static final int HEAP_PER_BYTE = 40;

  /** What a document becomes at most, which its reader sees to. */
  private static final int TREE_BYTES_MAX = 12 << 20;

  /** What is merged and written, whatever the length of its text. */
  private static final int MERGED_BYTES = 1 << 20;

  /** Most messages at a time, however small. */
  private static final int MESSAGES_AT_A_TIME = 32;

  private static final int PERMIT_BYTES = 64 << 10;

  private final Semaphore templates;

  /** Fair, so that a large message has its turn. */
  private final Semaphore messages;

  private final int messagePermits;

  /**
   * @param bytes all of it
   */
  BatchMemory(long bytes) {
    int half = (int) (Math.clamp(bytes / 2, message(Integer.MAX_VALUE), 1L << 40) / PERMIT_BYTES);
    this.templates = new Semaphore(half);
    this.messages = new Semaphore(half, true);
    this.messagePermits = half;
  }

  private static long tree(long length) {
    return Math.min(length * HEAP_PER_BYTE, TREE_BYTES_MAX);
  }

  /** A message is held as the tree that is merged, then as the one that is read. */
  private static long message(long length) {
    return MERGED_BYTES + 2 * tree(length);
  }

  private static int templatePermits(int length) {
    return Math.ceilDiv((int) tree(length), PERMIT_BYTES);
  }

  private int messagePermits(int length) {
    return Math.max(
        (int) Math.ceilDiv(message(length), (long) PERMIT_BYTES),
        messagePermits / MESSAGES_AT_A_TIME);
  }

  /**
   * Takes memory for a template, if it is there at once.
   *
   * @param length of its text, in bytes; 0 for none
   */
  boolean takeTemplate(int length) {
    return templates.tryAcquire(templatePermits(length));
  }

  void giveBackTemplate(int length) {
    templates.release(templatePermits(length));
  }

  /**
   * Takes memory for a message, once it is there.
   *
   * @param length of its text with its template's, in bytes
   */
  void takeMessage(int length) throws InterruptedException {
    messages.acquire(messagePermits(length));
  }

  void giveBackMessage(int length) {
    messages.release(messagePermits(length));
  }
}
