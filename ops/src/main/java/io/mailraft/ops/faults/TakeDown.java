package io.mailraft.ops.faults;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What has to be undone, last one first. A step that does not succeed does not keep the others from
 * their turn.
 */
public final class TakeDown implements AutoCloseable {
  /** One step back. */
  @FunctionalInterface
  public interface Step {
    /** Undoes it, or says why not. */
    void undo() throws IOException;
  }

  private final Deque<Step> steps = new ArrayDeque<>();

  /** Adds a step that is to be undone before those that are there. */
  public void push(Step step) {
    steps.push(step);
  }

  /**
   * Undoes all.
   *
   * @throws IOException the first trouble, with that of other steps added to it
   */
  @Override
  public void close() throws IOException {
    IOException first = null;
    while (!steps.isEmpty()) {
      try {
        steps.pop().undo();
      } catch (IOException e) {
        if (first == null) {
          first = e;
        } else {
          first.addSuppressed(e);
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }

  /** Takes down after a set-up that broke off; what goes wrong now is added to why. */
  public void after(Exception cause) {
    try {
      close();
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }
}
