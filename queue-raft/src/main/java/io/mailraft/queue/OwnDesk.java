package io.mailraft.queue;

import io.mailraft.api.link.AnswerFrame;
import io.mailraft.api.link.AskQuota;
import io.mailraft.api.link.AskSends;
import io.mailraft.api.link.Attach;
import io.mailraft.api.link.DomainLimit;
import io.mailraft.api.link.Explain;
import io.mailraft.api.link.Explained;
import io.mailraft.api.link.Reason;
import io.mailraft.api.log.ClaimDeliveries;
import io.mailraft.api.log.Record;
import io.mailraft.queue.link.Checksums;
import io.mailraft.queue.link.Desk;
import io.mailraft.queue.link.DiskFullException;
import io.mailraft.queue.link.OlderNodeException;
import io.mailraft.queue.raft.Answer;
import io.mailraft.queue.raft.Group;
import io.mailraft.queue.shard.ClaimSession;
import io.mailraft.queue.shard.Shard;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;

/** What this node does, in the groups that it leads, for itself and for nodes that call. */
final class OwnDesk implements Desk {
  private final List<Group> groups;
  private final List<Shard> shards;
  private final List<Checksums> checksums;
  private final DiskGuard disk;
  private final KnownRecords known;
  private final Consumer<Record> beforeControl;
  private final Consumer<AskSends> sends;
  private final Consumer<AskQuota> quotas;
  private final Function<Explain, CompletableFuture<Explained>> explainer;

  /**
   * @param groups the control group, then the shards
   * @param checksums one for each group
   * @param disk refuses what would fill this node's disk
   * @param known refuses what a node of the cluster could not apply
   * @param beforeControl hears of each record before it is proposed to the control group
   * @param sends takes questions for sends, as leader of the control group
   * @param quotas takes questions for units of quotas, as leader of the control group
   * @param explainer says what a delivery waits for on this node
   */
  OwnDesk(
      List<Group> groups,
      List<Shard> shards,
      List<Checksums> checksums,
      DiskGuard disk,
      KnownRecords known,
      Consumer<Record> beforeControl,
      Consumer<AskSends> sends,
      Consumer<AskQuota> quotas,
      Function<Explain, CompletableFuture<Explained>> explainer) {
    this.sends = sends;
    this.quotas = quotas;
    this.explainer = explainer;
    this.groups = List.copyOf(groups);
    this.shards = List.copyOf(shards);
    this.checksums = List.copyOf(checksums);
    this.disk = disk;
    this.known = known;
    this.beforeControl = beforeControl;
  }

  @Override
  public CompletableFuture<Answer> propose(int group, Record record) {
    try {
      check(group, record);
      known.check(record);
      if (stores(record) && disk.full()) {
        return CompletableFuture.failedFuture(
            new DiskFullException("the disk of the leader is nearly full"));
      }
      if (group == 0) {
        beforeControl.accept(record);
      }
      return groups.get(group).propose(record);
    } catch (IllegalArgumentException | OlderNodeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** Mail alone is refused by a full disk: outcomes make room. */
  private static boolean stores(Record record) {
    return record.hasStoreMessage() || record.hasStoreChunk();
  }

  /** What enters a log must be applicable there: it stops every replica otherwise. */
  private void check(int group, Record record) {
    if (group < 0 || group >= groups.size()) {
      throw new IllegalArgumentException("there is no group " + group);
    }
    if (record.getKindCase() == Record.KindCase.CHECKSUM) {
      return;
    }
    if (group > 0) {
      Shard.check(record);
      return;
    }
    switch (record.getKindCase()) {
      case JOIN_NODE, RENEW, SET_DOCUMENT, SUSPEND_ZONE, RESUME_ZONE -> {}
      case STORE_MESSAGE,
          STORE_CHUNK,
          DROP_UPLOADS,
          CLAIM,
          OUTCOMES,
          RETURN_CLAIMS,
          RELEASE,
          FENCE,
          FORGET_KEYS,
          ORDER,
          REROUTE,
          TRIM_HISTORY,
          LAPSE,
          GIVE_SENDS,
          GIVE_QUOTA,
          CHECKSUM,
          KIND_NOT_SET ->
          throw new IllegalArgumentException(
              "a node may not propose " + record.getKindCase() + " to the control group");
    }
  }

  @Override
  public CompletableFuture<Attachment> attach(int group, Attach request, Receiver receiver) {
    if (group < 1 || group > shards.size()) {
      return CompletableFuture.failedFuture(
          new IllegalArgumentException("there is no shard behind group " + group));
    }
    return shards
        .get(group - 1)
        .attach(
            request.getNode(),
            request.getEpoch(),
            request.getWantedMap(),
            request.getLimitsList(),
            request.getHoldingList(),
            new ClaimSession() {
              @Override
              public void handOut(ClaimDeliveries claims, long index) {
                receiver.claims(claims, index);
              }

              @Override
              public void lost() {
                receiver.lost();
              }
            })
        .thenApply(OwnDesk::attachment);
  }

  private static Attachment attachment(Shard.Attached attached) {
    return new Attachment() {
      @Override
      public void credit(Map<String, Integer> wanted, List<DomainLimit> limits) {
        attached.credit(wanted, limits);
      }

      @Override
      public void close() {
        attached.close();
      }
    };
  }

  @Override
  public CompletableFuture<Explained> explain(Explain question) {
    try {
      Optional<Reason> led = led(question);
      CompletableFuture<Explained> here = explainer.apply(question);
      return led.map(reason -> here.thenApply(said -> said.toBuilder().addReasons(reason).build()))
          .orElse(here);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** What the leader of the delivery's shard knows, where that is this node. */
  private Optional<Reason> led(Explain question) {
    MessageId id = MessageId.of(question.getId());
    return question.getClaimed() || id.shard() >= shards.size()
        ? Optional.empty()
        : shards.get(id.shard()).explain(id, question.getSeq());
  }

  @Override
  public void askSends(AskSends asks) {
    sends.accept(asks);
  }

  @Override
  public void askQuota(AskQuota asks) {
    quotas.accept(asks);
  }

  @Override
  public CompletableFuture<AnswerFrame> checksum(int group, long token) {
    if (group < 0 || group >= checksums.size()) {
      return CompletableFuture.failedFuture(
          new IllegalArgumentException("there is no group " + group));
    }
    return checksums.get(group).of(token);
  }
}
