package io.mailraft.queue;

import io.mailraft.api.log.Record;
import io.mailraft.api.log.SetDocument;
import io.mailraft.queue.control.ClusterDocument;
import io.mailraft.queue.control.ControlFold;
import io.mailraft.queue.control.DocumentHistory;
import io.mailraft.queue.raft.Answer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The cluster document as one node sees it: the versions that its replica has, and the way to the
 * next one.
 */
public final class Documents {
  /** Most versions that are kept, the present one among them. */
  static final int KEEP = 100;

  /** Most bytes that the texts of all kept versions have, but for the present one. */
  static final long KEEP_BYTES_MAX = 64L << 20;

  private static final Duration SEED_TIMEOUT = Duration.ofSeconds(30);

  private final GroupClient client;
  private final ControlFold fold;
  private final Supplier<DocumentHistory> history;

  Documents(GroupClient client, ControlFold fold) {
    this.client = client;
    this.fold = fold;
    this.history = () -> new DocumentHistory(client.group().view());
  }

  /**
   * A document that is to replace another one.
   *
   * @param expectedVersion the version that it replaces; it replaces no other
   * @param yaml its text, which was checked
   * @param author who sets it
   * @param comment what the author says of it; may be empty
   * @param reroutes all standing orders from here on: zones that are gone, each with the zone that
   *     takes its mail
   */
  public record Change(
      long expectedVersion,
      String yaml,
      String author,
      String comment,
      Map<String, String> reroutes) {}

  /** The present version, as applied here. */
  public ClusterDocument present() {
    return fold.current().document();
  }

  /** A version; empty where it is not kept, or has not come here yet. */
  public Optional<ClusterDocument> version(long version) {
    return history.get().version(version);
  }

  /** Every version that is kept, the newest first. */
  public List<DocumentHistory.Version> versions() {
    return history.get().versions();
  }

  /**
   * Waits until this replica has come to a version.
   *
   * @return false where it has not in time
   */
  public boolean await(long version, Duration timeout) throws InterruptedException {
    long end = System.nanoTime() + timeout.toNanos();
    while (present().version() < version) {
      if (System.nanoTime() - end >= 0) {
        return false;
      }
      TimeUnit.MILLISECONDS.sleep(10); // Polled: it is rare, and a moment's lag behind the leader.
    }
    return true;
  }

  /**
   * Replaces the document, and returns once this replica has applied what came of it.
   *
   * @return the version that it became; empty where another version stood than the expected one
   * @throws QueueException if it is not known in time what came of it: it may still be applied
   */
  public OptionalLong replace(Change change, Duration timeout) throws QueueException {
    return client.decide(record(change), timeout) instanceof Answer.Accepted accepted
        ? OptionalLong.of(accepted.value())
        : OptionalLong.empty();
  }

  /** Sets the first document, unless another node did already. */
  void seed(String yaml, String node) {
    if (present().version() == 0) {
      CompletableFuture<Answer> _ =
          client.submit(
              record(new Change(0, yaml, node, "from mailraft.yaml of " + node, Map.of())),
              SEED_TIMEOUT);
    }
  }

  private Record record(Change change) {
    return Record.newBuilder()
        .setSetDocument(
            SetDocument.newBuilder()
                .setExpectedVersion(change.expectedVersion())
                .setYaml(change.yaml())
                .setAuthor(change.author())
                .setComment(change.comment())
                .putAllReroutes(change.reroutes())
                .setKeep(keep())
                .setToken(ThreadLocalRandom.current().nextLong()))
        .build();
  }

  /** How many versions to keep, the next one among them: by number, and by size. */
  private int keep() {
    int keep = 1;
    long bytes = 0;
    for (DocumentHistory.Version version : versions()) {
      bytes += version.yamlBytes();
      if (keep == KEEP || bytes > KEEP_BYTES_MAX) {
        break;
      }
      keep++;
    }
    return keep;
  }
}
