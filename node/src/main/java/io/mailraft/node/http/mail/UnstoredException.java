package io.mailraft.node.http.mail;

import io.mailraft.queue.QueueException;
import java.io.IOException;

/** The queue's refusal, on its way through streams that know no other exceptions. */
final class UnstoredException extends IOException {
  private static final long serialVersionUID = 1L;

  private final QueueException refusal;

  UnstoredException(QueueException refusal) {
    super(refusal);
    this.refusal = refusal;
  }

  QueueException refusal() {
    return refusal;
  }
}
