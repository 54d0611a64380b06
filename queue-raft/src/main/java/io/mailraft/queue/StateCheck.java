package io.mailraft.queue;

import io.mailraft.api.link.AnswerFrame;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Takes the checksums of all replicas, each group's at one index of its log (I8). */
final class StateCheck {
  private static final Duration CHECKSUM_TIMEOUT = Duration.ofMinutes(2);

  private final Replicas replicas;
  private final Set<String> nodes;

  StateCheck(Replicas replicas, Set<String> nodes) {
    this.replicas = replicas;
    this.nodes = nodes;
  }

  /**
   * Takes them.
   *
   * @throws QueueException if a group has no leader in time
   */
  List<ReplicaChecksum> take() throws QueueException {
    List<ReplicaChecksum> all = new ArrayList<>();
    for (int number = 0; number < replicas.groups().size(); number++) {
      long token = ThreadLocalRandom.current().nextLong();
      replicas.takeChecksum(number, token);
      String group = replicas.groups().get(number).name();
      for (String node : nodes) {
        all.add(checksum(group, number, node, token));
      }
    }
    return all;
  }

  private ReplicaChecksum checksum(String group, int number, String node, long token) {
    try {
      AnswerFrame frame =
          replicas
              .askChecksum(node, number, token)
              .get(CHECKSUM_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
      return new ReplicaChecksum(
          group,
          node,
          frame.getIndex(),
          HexFormat.of().formatHex(frame.getChecksum().getDigest().toByteArray()),
          frame.getChecksum().getRows(),
          "");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new ReplicaChecksum(group, node, 0, "", 0, "interrupted");
    } catch (ExecutionException e) {
      return new ReplicaChecksum(group, node, 0, "", 0, String.valueOf(e.getCause()));
    } catch (TimeoutException e) {
      return new ReplicaChecksum(
          group, node, 0, "", 0, "no answer within " + CHECKSUM_TIMEOUT.toSeconds() + " s");
    }
  }
}
