package io.mailraft.node.smtp;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Events, written down. */
final class RecordedEvents implements SmtpEvents {
  final List<String> all = new CopyOnWriteArrayList<>();
  private final boolean keep;
  final AtomicInteger openSessions = new AtomicInteger();

  RecordedEvents() {
    this(true);
  }

  RecordedEvents(boolean keep) {
    this.keep = keep;
  }

  private void add(String event) {
    if (keep) {
      all.add(event);
    }
  }

  @Override
  public void sessionOpened() {
    openSessions.incrementAndGet();
    add("opened");
  }

  @Override
  public void sessionClosed() {
    openSessions.decrementAndGet();
    add("closed");
  }

  @Override
  public void sessionRefused(Refusal reason) {
    add("session refused " + reason);
  }

  @Override
  public void messageAccepted(long bytes, int recipients) {
    add("accepted " + recipients);
  }

  @Override
  public void messageRefused(int code, String enhanced) {
    add("refused " + code + " " + enhanced);
  }
}
