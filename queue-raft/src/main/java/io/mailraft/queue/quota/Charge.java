package io.mailraft.queue.quota;

/** The units of quotas that one message has taken. Thread-safe. */
@FunctionalInterface
public interface Charge {
  /** Of a message without quotas. */
  Charge NONE = () -> {};

  /** Gives the units back, once: the message is not stored, for certain. */
  void giveBack();
}
