package io.mailraft.queue;

import io.mailraft.api.link.AskSends;
import io.mailraft.api.link.SendQuestion;
import io.mailraft.queue.control.ControlFold;
import io.mailraft.queue.link.Desk;
import io.mailraft.queue.throttle.SendBookThread;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** This node's sends against throttled counters, and its way to the leader that gives them. */
final class Sends implements AutoCloseable {
  private final GroupClient control;
  private final Supplier<Optional<NodeLease.Held>> held;
  private final SendBookThread book;

  /**
   * @param held the lease that was given last
   */
  Sends(GroupClient control, ControlFold fold, Supplier<Optional<NodeLease.Held>> held) {
    this.control = control;
    this.held = held;
    this.book = new SendBookThread(this::ask);
    fold.onSends(
        decision ->
            held.get().ifPresent(lease -> book.given(decision, lease.node(), lease.epoch())));
  }

  /** The node's sends and the thread that asks for them. */
  SendBookThread book() {
    return book;
  }

  private void ask(List<SendQuestion> questions) {
    Optional<NodeLease.Held> lease = held.get();
    Optional<Desk> leader = control.leaderDesk();
    if (lease.isPresent() && leader.isPresent()) {
      leader
          .get()
          .askSends(
              AskSends.newBuilder()
                  .setNode(lease.get().node())
                  .setEpoch(lease.get().epoch())
                  .addAllQuestions(questions)
                  .build());
    }
  }

  @Override
  public void close() {
    book.close();
  }
}
