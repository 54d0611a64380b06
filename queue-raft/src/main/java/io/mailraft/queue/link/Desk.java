package io.mailraft.queue.link;

import io.mailraft.api.link.AnswerFrame;
import io.mailraft.api.link.AskQuota;
import io.mailraft.api.link.AskSends;
import io.mailraft.api.link.Attach;
import io.mailraft.api.link.DomainLimit;
import io.mailraft.api.link.Explain;
import io.mailraft.api.link.Explained;
import io.mailraft.api.log.ClaimDeliveries;
import io.mailraft.api.log.Record;
import io.mailraft.queue.raft.Answer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * What a node does for others in the groups that it leads: here, for itself and for those who call,
 * or behind a {@link Link}.
 *
 * <p>Groups have numbers: 0 is the control group, n is shard n - 1.
 */
public interface Desk {

  /**
   * Proposes a record in a group that the desk's node leads.
   *
   * <p>Completes exceptionally with {@link io.mailraft.queue.raft.NotLeaderException}, {@link
   * io.mailraft.queue.raft.BusyException}, {@link IllegalArgumentException} for a record that may
   * not be proposed, {@link OlderNodeException} for one that not every node could apply, or {@link
   * LinkException} where the node cannot be reached.
   */
  CompletableFuture<Answer> propose(int group, Record record);

  /**
   * Opens the caller's claims on a shard.
   *
   * <p>Completes exceptionally as {@link #propose} does.
   */
  CompletableFuture<Attachment> attach(int group, Attach request, Receiver receiver);

  /** Asks for sends where the control group is led; what cannot be taken is lost. */
  void askSends(AskSends asks);

  /** Asks for units of quotas where the control group is led; what cannot be taken is lost. */
  void askQuota(AskQuota asks);

  /** What a delivery waits for, as far as the desk's node knows. */
  CompletableFuture<Explained> explain(Explain question);

  /**
   * The checksum of the desk's replica of a group, for a checksum record with that token, once it
   * is applied there.
   */
  CompletableFuture<AnswerFrame> checksum(int group, long token);

  /** Takes claims as they are committed, and hears when no more will come. */
  interface Receiver {
    /** Takes claims. Called in order; must not block. */
    void claims(ClaimDeliveries claims, long index);

    /** The way to the leader is gone. Called once; not after {@link Attachment#close}. */
    void lost();
  }

  /** Open claims on a shard. */
  interface Attachment extends AutoCloseable {
    /** Replaces how many claims the caller wants to hold, by zone, and changes limits. */
    void credit(Map<String, Integer> wanted, List<DomainLimit> limits);

    @Override
    void close();
  }
}
