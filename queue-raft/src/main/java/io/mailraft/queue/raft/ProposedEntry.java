package io.mailraft.queue.raft;

import io.mailraft.api.log.Entry;
import io.mailraft.api.log.Record;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;

/**
 * An entry on its way through Ratis, with those who wait for its answers. It travels as the message
 * of the request, and comes back as the context of the transaction, so that answers need not be
 * serialized.
 */
final class ProposedEntry implements Message {

  /**
   * A record that waits for its answer.
   *
   * @param record what was proposed
   * @param bytes its size
   * @param answer completed once it is applied or refused
   */
  record Proposal(Record record, int bytes, CompletableFuture<Answer> answer) {}

  private final List<Proposal> proposals;
  private final ByteString content;

  ProposedEntry(List<Proposal> proposals, long stampMillis) {
    this.proposals = List.copyOf(proposals);
    Entry.Builder entry = Entry.newBuilder().setStampMillis(stampMillis);
    for (Proposal proposal : proposals) {
      entry.addRecords(proposal.record());
    }
    content = UnsafeByteOperations.unsafeWrap(entry.build().toByteArray());
  }

  @Override
  public ByteString getContent() {
    return content;
  }

  List<Proposal> proposals() {
    return proposals;
  }

  /** Completes the proposals with the fold's answers, in order. */
  void answer(List<Answer> answers) {
    for (int i = 0; i < proposals.size(); i++) {
      proposals.get(i).answer().complete(answers.get(i));
    }
  }

  /** Completes what has no answer yet. */
  void fail(Throwable reason) {
    proposals.forEach(proposal -> proposal.answer().completeExceptionally(reason));
  }
}
