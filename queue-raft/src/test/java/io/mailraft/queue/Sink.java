package io.mailraft.queue;

import io.mailraft.api.link.Explain;
import io.mailraft.api.link.Explained;
import io.mailraft.api.link.Reason;
import io.mailraft.api.log.Outcome;
import io.mailraft.api.log.OutcomeKind;
import io.mailraft.queue.control.Duties;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

/** A tiny delivery: takes claims and reports how they end, at once or when it is told to. */
final class Sink implements Queue.Host {

  /** What is done with a claim. */
  enum Manner {
    DELIVER,
    DEFER_SHORTLY,
    DEFER,
    BOUNCE,
    HOLD
  }

  private record Key(MessageId id, int seq) {}

  private final Map<Key, Integer> delivered = new HashMap<>();
  private final Map<MessageId, byte[]> contents = new HashMap<>();
  private final List<ClaimedDelivery> held = new ArrayList<>();
  private final List<Throwable> trouble = new CopyOnWriteArrayList<>();
  private Manner manner = Manner.HOLD;
  private volatile Optional<Duties> duties = Optional.empty();
  private Optional<Queue> queue = Optional.empty();

  synchronized void bind(Queue to) {
    queue = Optional.of(to);
  }

  /** The node is gone: what it holds is nobody's. */
  synchronized void unbind() {
    queue = Optional.empty();
    held.clear();
  }

  @Override
  public void obey(Duties next) {
    duties = Optional.of(next);
  }

  @Override
  public boolean obeyed() {
    return true;
  }

  @Override
  public CompletableFuture<Explained> explain(Explain question) {
    return CompletableFuture.completedFuture(
        Explained.newBuilder()
            .addReasons(Reason.newBuilder().setPhase(String.valueOf(manner)))
            .build());
  }

  /** What it is to do, as it was told last. */
  Optional<Duties> duties() {
    return duties;
  }

  void broken(Throwable reason) {
    trouble.add(reason);
  }

  List<Throwable> trouble() {
    return trouble;
  }

  synchronized void take(List<ClaimedDelivery> claims) {
    if (queue.isEmpty()) {
      return;
    }
    held.addAll(claims);
    work();
  }

  /** From here on; what is held is done the same way. */
  synchronized Sink manner(Manner next) {
    manner = next;
    work();
    return this;
  }

  private void work() {
    if (manner == Manner.HOLD || queue.isEmpty()) {
      return;
    }
    for (ClaimedDelivery claim : List.copyOf(held)) {
      held.remove(claim);
      // A fenced sender starts nothing (I5).
      boolean alive = queue.get().leaseAlive(claim.epoch());
      report(claim, alive ? kind() : OutcomeKind.RETURNED);
    }
  }

  private OutcomeKind kind() {
    return switch (manner) {
      case DELIVER -> OutcomeKind.DELIVERED;
      case DEFER_SHORTLY, DEFER -> OutcomeKind.DEFERRED;
      case BOUNCE -> OutcomeKind.BOUNCED;
      case HOLD -> throw new IllegalStateException("held claims have no outcome");
    };
  }

  private void report(ClaimedDelivery claim, OutcomeKind kind) {
    if (kind == OutcomeKind.DELIVERED) {
      contents.computeIfAbsent(claim.id(), this::read);
      delivered.merge(new Key(claim.id(), claim.seq()), 1, Integer::sum);
    }
    queue
        .orElseThrow()
        .report(
            claim.epoch(),
            Outcome.newBuilder()
                .setId(claim.id().toByteString())
                .setSeq(claim.seq())
                .setKind(kind)
                .setReply("said the sink")
                .setDelayMillis(
                    kind != OutcomeKind.DEFERRED ? 0 : manner == Manner.DEFER ? 3_600_000 : 300)
                .build());
  }

  private byte[] read(MessageId id) {
    try {
      Content content = queue.orElseThrow().open(id);
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      for (byte[] chunk = content.next(); chunk.length > 0; chunk = content.next()) {
        all.writeBytes(chunk);
      }
      return all.toByteArray();
    } catch (QueueException e) {
      throw new IllegalStateException(e);
    }
  }

  synchronized List<ClaimedDelivery> held() {
    return List.copyOf(held);
  }

  synchronized int deliveredTimes(MessageId id, int seq) {
    return delivered.getOrDefault(new Key(id, seq), 0);
  }

  synchronized int delivered() {
    return delivered.values().stream().mapToInt(Integer::intValue).sum();
  }

  synchronized Optional<byte[]> content(MessageId id) {
    return Optional.ofNullable(contents.get(id));
  }
}
