package io.mailraft.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** Which threads take the node with them when they end. */
class UncaughtTest {
  private final List<Throwable> heard = new CopyOnWriteArrayList<>();
  private final Uncaught uncaught = new Uncaught(heard::add);

  private void run(Runnable task) throws InterruptedException {
    Thread.ofVirtual().uncaughtExceptionHandler(uncaught).start(task).join();
  }

  @Test
  void an_error_stops_the_node() throws InterruptedException {
    Error error = new NoClassDefFoundError("of a jar that was replaced");
    run(
        () -> {
          throw error;
        });
    assertThat(heard).containsExactly(error);
  }

  @Test
  void what_one_client_may_cause_ends_its_thread_alone() throws InterruptedException {
    run(
        () -> {
          throw new IllegalStateException("of one request");
        });
    run(
        () -> {
          throw new StackOverflowError("deep input");
        });
    assertThat(heard).isEmpty();
  }
}
