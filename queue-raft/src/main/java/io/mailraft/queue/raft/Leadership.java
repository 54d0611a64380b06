package io.mailraft.queue.raft;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells listeners who leads a group, on one thread, in order.
 *
 * <p>Ratis' notifications come from several threads and can overtake each other. So they are only
 * taken as a reason to look: what is told is the state seen then, if it differs from what was told
 * last. A listener that is registered late is told the present state first. Between two terms that
 * this node leads there is always a {@code following}.
 */
final class Leadership implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Leadership.class);

  /**
   * Who leads.
   *
   * @param leading whether this node leads and is ready
   * @param term current term
   * @param leader node id of the leader, where known
   */
  record State(boolean leading, long term, Optional<String> leader) {}

  private final String group;
  private final Supplier<State> look;
  private final ExecutorService thread;
  private final List<Told> listeners = new ArrayList<>();

  private static final class Told {
    private final Group.Listener listener;
    private @Nullable State last;

    Told(Group.Listener listener) {
      this.listener = listener;
    }
  }

  Leadership(String group, Supplier<State> look) {
    this.group = group;
    this.look = look;
    this.thread =
        Executors.newSingleThreadExecutor(Thread.ofVirtual().name("leadership-" + group).factory());
  }

  void register(Group.Listener listener) {
    run(
        () -> {
          Told told = new Told(listener);
          listeners.add(told);
          tell(told, look.get());
        });
  }

  /** Something may have changed. */
  void changed() {
    run(
        () -> {
          State state = look.get();
          listeners.forEach(told -> tell(told, state));
        });
  }

  /** Runs something on the listeners' thread; nothing once closed. */
  void run(Runnable task) {
    try {
      thread.execute(
          () -> {
            try {
              task.run();
            } catch (RuntimeException e) {
              LOG.error("telling who leads the group {} went wrong", group, e);
            }
          });
    } catch (RejectedExecutionException e) {
      LOG.debug("the group {} is closed, nobody is told any more", group, e);
    }
  }

  /** One that throws keeps the others from nothing; it hears of the next change as they do. */
  private void tell(Told told, State state) {
    try {
      tellOne(told, state);
    } catch (RuntimeException e) {
      LOG.error("a listener of the group {} threw", group, e);
    }
  }

  private static void tellOne(Told told, State state) {
    State last = told.last;
    told.last = state;
    if (state.leading()) {
      if (last == null || !last.leading() || last.term() != state.term()) {
        if (last != null && last.leading()) {
          told.listener.following(Optional.empty());
        }
        told.listener.leading(state.term());
      }
    } else if (last == null || last.leading() || !last.leader().equals(state.leader())) {
      told.listener.following(state.leader());
    }
  }

  /** Tells what is still to be told, then nothing more. */
  @Override
  public void close() {
    thread.shutdown();
  }
}
