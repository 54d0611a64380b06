package io.mailraft.node.smtp;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Events whose listener cannot do harm: a metric that breaks must not change what a client is told.
 */
final class GuardedEvents implements SmtpEvents {
  private static final Logger LOG = LoggerFactory.getLogger(GuardedEvents.class);

  private final SmtpEvents listener;

  GuardedEvents(SmtpEvents listener) {
    this.listener = listener;
  }

  @Override
  public void sessionOpened() {
    guard(listener::sessionOpened);
  }

  @Override
  public void sessionClosed() {
    guard(listener::sessionClosed);
  }

  @Override
  public void sessionRefused(Refusal reason) {
    guard(() -> listener.sessionRefused(reason));
  }

  @Override
  public void messageAccepted(long bytes, int recipients) {
    guard(() -> listener.messageAccepted(bytes, recipients));
  }

  @Override
  public void messageRefused(int code, String enhanced) {
    guard(() -> listener.messageRefused(code, enhanced));
  }

  private static void guard(Runnable event) {
    try {
      event.run();
    } catch (RuntimeException e) {
      LOG.error("A listener of SMTP events ended in an error", e);
    }
  }
}
