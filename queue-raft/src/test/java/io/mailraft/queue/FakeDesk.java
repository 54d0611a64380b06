package io.mailraft.queue;

import io.mailraft.api.link.AnswerFrame;
import io.mailraft.api.link.AskQuota;
import io.mailraft.api.link.AskSends;
import io.mailraft.api.link.Attach;
import io.mailraft.api.link.DomainLimit;
import io.mailraft.api.link.Explain;
import io.mailraft.api.link.Explained;
import io.mailraft.api.log.Record;
import io.mailraft.queue.link.Desk;
import io.mailraft.queue.raft.Answer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** A leader's desk that answers as the test says, and notes who attaches. */
final class FakeDesk implements Desk {
  final List<Record> proposed = new CopyOnWriteArrayList<>();
  final List<Attach> attached = new CopyOnWriteArrayList<>();
  final List<Receiver> receivers = new CopyOnWriteArrayList<>();
  private final Function<Record, CompletableFuture<Answer>> answers;
  private final BiConsumer<FakeDesk, Map<String, Integer>> credited;

  FakeDesk(
      Function<Record, CompletableFuture<Answer>> answers,
      BiConsumer<FakeDesk, Map<String, Integer>> credited) {
    this.answers = answers;
    this.credited = credited;
  }

  @Override
  public CompletableFuture<Answer> propose(int group, Record record) {
    proposed.add(record);
    return answers.apply(record);
  }

  @Override
  public CompletableFuture<Attachment> attach(int group, Attach request, Receiver receiver) {
    receivers.add(receiver);
    attached.add(request);
    return CompletableFuture.completedFuture(
        new Attachment() {
          @Override
          public void credit(Map<String, Integer> wanted, List<DomainLimit> limits) {
            credited.accept(FakeDesk.this, wanted);
          }

          @Override
          public void close() {
            // Nothing is kept for it.
          }
        });
  }

  @Override
  public CompletableFuture<Explained> explain(Explain question) {
    return CompletableFuture.failedFuture(new IllegalStateException("nobody asks here"));
  }

  @Override
  public void askQuota(AskQuota asks) {}

  @Override
  public void askSends(AskSends asks) {
    throw new IllegalStateException("nobody asks for sends here");
  }

  @Override
  public CompletableFuture<AnswerFrame> checksum(int group, long token) {
    return CompletableFuture.completedFuture(AnswerFrame.getDefaultInstance());
  }
}
