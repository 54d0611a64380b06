package io.mailraft.node;

import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes of a thread that ends with something that nobody caught.
 *
 * <p>An error stops the node: nobody knows what it left half done, and a node that goes on without
 * one of its threads answers its peers and does nothing. An exception, or a stack that overflowed,
 * may come of what one client sent, and then ends that client's thread alone; the threads that a
 * node cannot do without catch exceptions themselves and go on. Where memory runs out the JVM ends
 * at once, by an option of the script that starts it.
 *
 * @param broken hears of errors: the node must end
 */
record Uncaught(Consumer<Throwable> broken) implements Thread.UncaughtExceptionHandler {
  private static final Logger log = LoggerFactory.getLogger(Uncaught.class);

  @Override
  public void uncaughtException(Thread thread, Throwable cause) {
    log.error("the thread {} ended with what nobody caught", thread.getName(), cause);
    if (cause instanceof Error && !(cause instanceof StackOverflowError)) {
      broken.accept(cause);
    }
  }
}
