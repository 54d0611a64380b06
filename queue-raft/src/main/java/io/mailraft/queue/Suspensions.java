package io.mailraft.queue;

import io.mailraft.api.log.Record;
import io.mailraft.api.log.ResumeZone;
import io.mailraft.api.log.SuspendZone;
import io.mailraft.queue.QueueException.Reason;
import io.mailraft.queue.control.ControlFold;
import io.mailraft.queue.control.Suspension;
import io.mailraft.queue.raft.Answer;
import java.time.Duration;
import java.util.Map;

/**
 * Zones that are suspended, as one node sees them, and the orders that suspend and resume them. The
 * orders are replicated, stand until they are ended, and bind every node (I10). Safe for any
 * thread; orders block until they are committed and applied here.
 */
public final class Suspensions {
  /** Less than an operator's command waits: an election, and a moment more. */
  private static final Duration TIMEOUT = Duration.ofSeconds(8);

  private final GroupClient client;
  private final ControlFold fold;

  Suspensions(GroupClient client, ControlFold fold) {
    this.client = client;
    this.fold = fold;
  }

  /** What is suspended, by zone, as applied here. */
  public Map<String, Suspension> present() {
    return fold.current().suspensions();
  }

  /**
   * Suspends a zone.
   *
   * @return false where it was suspended already
   * @throws QueueException if it is not known in time what came of it: it may still be applied
   */
  public boolean suspend(String zone, String author, String reason) throws QueueException {
    return order(
        Record.newBuilder()
            .setSuspendZone(
                SuspendZone.newBuilder().setZone(zone).setAuthor(author).setReason(reason))
            .build());
  }

  /**
   * Ends the suspension of a zone.
   *
   * @return false where there was none
   * @throws QueueException if it is not known in time what came of it: it may still be applied
   */
  public boolean resume(String zone, String author, String reason) throws QueueException {
    return order(
        Record.newBuilder()
            .setResumeZone(
                ResumeZone.newBuilder().setZone(zone).setAuthor(author).setReason(reason))
            .build());
  }

  private boolean order(Record record) throws QueueException {
    return switch (client.decide(record, TIMEOUT)) {
      case Answer.Accepted(long index, long changed) -> changed > 0;
      case Answer.Refused(long index, String detail) ->
          throw new QueueException(Reason.INVALID, detail + " (log index " + index + ")");
    };
  }
}
