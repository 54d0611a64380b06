package io.mailraft.queue;

import io.mailraft.queue.QueueException.Reason;
import io.mailraft.queue.shard.Shard;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/** Opens uploads: gives each a shard and an id. */
final class UploadOpener {
  private final Replicas replicas;
  private final DiskGuard disk;
  private final CompletableFuture<IdSource> ids;
  private final Duration timeout;
  private final UploadMemory memory = new UploadMemory(Runtime.getRuntime().maxMemory() / 8);
  private final AtomicInteger turn = new AtomicInteger();

  /**
   * @param ids there once this node has joined the cluster
   * @param timeout longest wait for a shard's leader
   */
  UploadOpener(
      Replicas replicas, DiskGuard disk, CompletableFuture<IdSource> ids, Duration timeout) {
    this.replicas = replicas;
    this.disk = disk;
    this.ids = ids;
    this.timeout = timeout;
  }

  Upload open(Optional<RequestKey> key) throws QueueException {
    if (disk.full()) {
      throw new QueueException(Reason.DISK_FULL, "the disk of this node is nearly full");
    }
    if (!ids.isDone() || ids.isCompletedExceptionally()) {
      throw new QueueException(Reason.NO_MAJORITY, "this node has not joined the cluster yet");
    }
    List<Shard> shards = replicas.shards();
    Shard shard =
        key.map(given -> shards.get(given.shard(shards.size()))).orElseGet(() -> choose(shards));
    if (replicas.leaderlessFor(shard.number()).compareTo(timeout) > 0) {
      throw new QueueException(
          Reason.NO_MAJORITY, "no leader of shard " + shard.number() + " is known for long");
    }
    try {
      return new ReplicatedUpload(
          ids.join().next(shard.number()),
          key,
          replicas.shardClient(shard.number()),
          memory,
          disk,
          timeout);
    } catch (IOException e) {
      throw new QueueException(Reason.DISK_FULL, "the mark of message ids cannot be moved", e);
    }
  }

  /** See {@link Uploads#known}: what this node's own replica has applied a majority has on disk. */
  Optional<MessageId> known(RequestKey key) throws QueueException {
    List<Shard> shards = replicas.shards();
    // Its own shard first, then all others: the key had another one where shards were added since.
    int home = key.shard(shards.size());
    Optional<Shard.KeyedMessage> first =
        IntStream.range(0, shards.size())
            .mapToObj(i -> shards.get((home + i) % shards.size()))
            .flatMap(shard -> shard.keyed(key.record()).stream())
            .findFirst();
    if (first.isPresent() && !first.get().fingerprint().equals(key.fingerprint())) {
      throw new QueueException(Reason.KEY_USED, Shard.OTHER_REQUEST);
    }
    return first.map(Shard.KeyedMessage::id);
  }

  /** A shard that this node leads, or else one after the other. */
  private Shard choose(List<Shard> shards) {
    int start = Math.floorMod(turn.getAndIncrement(), shards.size());
    for (int i = 0; i < shards.size(); i++) {
      Shard shard = shards.get((start + i) % shards.size());
      if (replicas.shardClient(shard.number()).group().leading()) {
        return shard;
      }
    }
    return shards.get(start);
  }
}
