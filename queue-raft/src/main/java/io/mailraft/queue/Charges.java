package io.mailraft.queue;

import io.mailraft.api.link.AskQuota;
import io.mailraft.api.link.QuotaQuestion;
import io.mailraft.config.Quotas;
import io.mailraft.queue.QueueException.Reason;
import io.mailraft.queue.control.ControlFold;
import io.mailraft.queue.link.Desk;
import io.mailraft.queue.quota.Charge;
import io.mailraft.queue.quota.OverQuotaException;
import io.mailraft.queue.quota.QuotaBookThread;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** This node's units of quotas, and its way to the leader that gives them. */
final class Charges implements AutoCloseable {
  private final GroupClient control;
  private final Supplier<Optional<NodeLease.Held>> held;
  private final Duration timeout;
  private final QuotaBookThread book;

  /**
   * @param held the lease that was given last
   * @param quotas the quotas by the cluster document as it is
   * @param timeout for which a message waits for units
   */
  Charges(
      GroupClient control,
      ControlFold fold,
      Supplier<Optional<NodeLease.Held>> held,
      Supplier<Quotas> quotas,
      Duration timeout) {
    this.control = control;
    this.held = held;
    this.timeout = timeout;
    this.book = new QuotaBookThread(quotas, this::ask);
    fold.onQuotas(
        decision ->
            held.get().ifPresent(lease -> book.given(decision, lease.node(), lease.epoch())));
  }

  /** The node's units and the thread that asks for them. */
  QuotaBookThread book() {
    return book;
  }

  private void ask(List<QuotaQuestion> questions) {
    Optional<NodeLease.Held> lease = held.get();
    Optional<Desk> leader = control.leaderDesk();
    if (lease.isPresent() && leader.isPresent()) {
      leader
          .get()
          .askQuota(
              AskQuota.newBuilder()
                  .setNode(lease.get().node())
                  .setEpoch(lease.get().epoch())
                  .addAllQuestions(questions)
                  .build());
    }
  }

  /** As {@link Uploads#charge}. */
  Charge take(String account, Optional<String> senderDomain, int recipients) throws QueueException {
    try {
      return book.charge(account, senderDomain, recipients, timeout);
    } catch (OverQuotaException e) {
      throw new QueueException(e);
    } catch (TimeoutException e) {
      throw new QueueException(
          Reason.NO_MAJORITY, "it was not known in time whether a quota has room", e);
    } catch (ExecutionException e) {
      throw new QueueException(Reason.BUSY, String.valueOf(e.getMessage()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new QueueException(Reason.STOPPING, "interrupted while waiting for a quota", e);
    }
  }

  @Override
  public void close() {
    book.close();
  }
}
