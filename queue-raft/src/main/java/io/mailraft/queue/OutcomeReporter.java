package io.mailraft.queue;

import io.mailraft.api.log.Outcome;
import io.mailraft.api.log.Outcomes;
import io.mailraft.api.log.Record;
import io.mailraft.queue.QueueException.Reason;
import io.mailraft.queue.raft.Answer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node's outcomes on their way to one shard: journalled, then reported in batches until the
 * shard has them.
 *
 * <p>One batch is on its way at a time, and what comes in meanwhile is the next. The number that
 * waits is bounded by the claims that the node holds.
 */
final class OutcomeReporter implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(OutcomeReporter.class);
  private static final Duration TRY = Duration.ofSeconds(30);
  private static final Duration STUMBLE = Duration.ofSeconds(1);
  private static final int BATCH_MAX = 1000;
  private static final int BATCH_BYTES_MAX = 1 << 20;

  private final GroupClient shard;
  private final OutcomeJournal journal;
  private final BiConsumer<Outcome, Long> confirmed;
  private final BlockingQueue<Waiting> queue = new LinkedBlockingQueue<>();
  private final Thread thread;
  private volatile boolean open = true;

  /** Most outcomes of the next batch; of the reporting thread. */
  private int most = BATCH_MAX;

  private record Waiting(long ticket, int node, long epoch, List<Outcome> outcomes) {
    int bytes() {
      return outcomes.stream().mapToInt(Outcome::getSerializedSize).sum();
    }
  }

  /**
   * @param confirmed hears of each outcome that the shard has, with its epoch
   */
  OutcomeReporter(
      String name, GroupClient shard, OutcomeJournal journal, BiConsumer<Outcome, Long> confirmed) {
    this.shard = shard;
    this.journal = journal;
    this.confirmed = confirmed;
    this.thread = Thread.ofVirtual().name(name).unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** Takes an outcome. On return it is in the journal; see {@link OutcomeJournal}. */
  void report(int node, long epoch, Outcome outcome) {
    Outcomes record =
        Outcomes.newBuilder().setNode(node).setEpoch(epoch).addOutcomes(outcome).build();
    long ticket = journal.append(record);
    queue.add(new Waiting(ticket, node, epoch, List.of(outcome)));
  }

  /** Reports what an earlier process left in the journal. */
  void recover(long ticket, Outcomes left) {
    queue.add(new Waiting(ticket, left.getNode(), left.getEpoch(), left.getOutcomesList()));
  }

  /** Outcomes that the shard has not confirmed. */
  int waiting() {
    return queue.size();
  }

  private void run() {
    List<Waiting> batch = new ArrayList<>();
    try {
      while (open) {
        try {
          confirm(batch);
        } catch (RuntimeException e) {
          // Without this thread no delivery would end. What is in the batch is reported again.
          log.error("{} outcomes were not reported, they are tried again", batch.size(), e);
          TimeUnit.NANOSECONDS.sleep(STUMBLE.toNanos()); // So that lasting trouble does not spin.
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void confirm(List<Waiting> batch) throws InterruptedException {
    gather(batch);
    switch (submit(batch)) {
      case CONFIRMED -> {
        strike(batch);
        most = BATCH_MAX;
      }
      case NOT_YET -> {}
      case NEVER -> {
        if (batch.size() == 1) {
          strike(batch);
          most = BATCH_MAX;
        } else {
          // One of them holds up the others: each goes alone until it is found.
          most = 1;
          queue.addAll(batch.subList(1, batch.size()));
          batch.subList(1, batch.size()).clear();
        }
      }
    }
  }

  /** Fills the batch with what waits under one lease, at least one. */
  private void gather(List<Waiting> batch) throws InterruptedException {
    if (batch.isEmpty()) {
      batch.add(queue.take());
    }
    Waiting head = batch.getFirst();
    int bytes = batch.stream().mapToInt(Waiting::bytes).sum();
    while (batch.size() < most) {
      Waiting next = queue.peek();
      if (next == null || next.node() != head.node() || next.epoch() != head.epoch()) {
        return;
      }
      bytes += next.bytes();
      if (bytes > BATCH_BYTES_MAX) {
        return;
      }
      batch.add(queue.remove());
    }
  }

  private void strike(List<Waiting> batch) {
    for (Waiting done : batch) {
      journal.strike(done.ticket());
      done.outcomes().forEach(outcome -> confirmed.accept(outcome, done.epoch()));
    }
    batch.clear();
  }

  private enum Result {
    CONFIRMED,
    NOT_YET,
    /** It may not be proposed, now or later. */
    NEVER
  }

  private Result submit(List<Waiting> batch) throws InterruptedException {
    Waiting head = batch.getFirst();
    Outcomes.Builder record = Outcomes.newBuilder().setNode(head.node()).setEpoch(head.epoch());
    batch.forEach(waiting -> record.addAllOutcomes(waiting.outcomes()));
    try {
      return switch (shard.submit(Record.newBuilder().setOutcomes(record).build(), TRY).get()) {
        case Answer.Accepted accepted -> Result.CONFIRMED;
        case Answer.Refused(long index, String detail) -> {
          log.error("outcomes were refused at index {}: {}", index, detail);
          yield Result.CONFIRMED;
        }
      };
    } catch (ExecutionException e) {
      if (e.getCause() instanceof QueueException refused && refused.reason() == Reason.INVALID) {
        if (batch.size() == 1) {
          log.error("an outcome is given up, its claim ends with the lease: {}", record, refused);
        }
        return Result.NEVER;
      }
      log.warn(
          "{} outcomes wait for {}: {}",
          batch.size(),
          shard.group().name(),
          String.valueOf(e.getCause()));
      return Result.NOT_YET;
    }
  }

  @Override
  public void close() {
    open = false;
    thread.interrupt();
  }
}
