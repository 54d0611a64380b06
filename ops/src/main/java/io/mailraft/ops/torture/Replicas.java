package io.mailraft.ops.torture;

import io.mailraft.api.admin.StatusResponse;
import io.mailraft.api.admin.VerifyStateResponse;
import io.mailraft.ops.admin.UnreachableException;
import io.mailraft.ops.chaos.Await;
import io.mailraft.ops.chaos.LocalCluster;
import io.mailraft.ops.chaos.NodeProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;

/** Compares all replicas (I8). */
final class Replicas {
  private static final Duration CALL_MAX = Duration.ofSeconds(15);

  private Replicas() {}

  /**
   * Waits until every replica has answered; those that do not agree then are findings.
   *
   * @param replicas how many there must be, of all groups together
   */
  static List<Finding> findings(LocalCluster cluster, int replicas, Duration bound)
      throws InterruptedException {
    List<String> last = new ArrayList<>(List.of("no answer"));
    List<Finding> findings = new ArrayList<>();
    try {
      Await.until(
          bound,
          "every replica has answered",
          () -> {
            if (cluster.nodes().stream().noneMatch(NodeProcess::isRunning)) {
              last.set(0, "no node runs");
              return false;
            }
            try {
              VerifyStateResponse response = cluster.verifyState(CALL_MAX);
              last.set(0, told(response));
              boolean whole =
                  response.getReplicasCount() == replicas
                      && response.getReplicasList().stream()
                          .allMatch(replica -> replica.getError().isEmpty());
              if (whole && !response.getEqual()) {
                findings.add(new Finding(Check.EQUAL, "replicas differ: " + told(response)));
              }
              return whole;
            } catch (UnreachableException e) {
              last.set(0, String.valueOf(e.getMessage()));
              return false;
            }
          });
    } catch (TimeoutException e) {
      findings.add(new Finding(Check.EQUAL, e.getMessage() + ": " + last.getFirst()));
    }
    return findings;
  }

  /**
   * Waits until every node says that no delivery is open; where one does not, that is a finding.
   */
  static List<Finding> undrained(LocalCluster cluster, Duration bound) throws InterruptedException {
    List<String> last = new ArrayList<>();
    try {
      Await.until(
          bound,
          "every node says that the queue is empty",
          () -> {
            last.clear();
            for (NodeProcess node : cluster.nodes()) {
              open(cluster, node).ifPresent(last::add);
            }
            return last.isEmpty();
          });
      return List.of();
    } catch (TimeoutException e) {
      return List.of(new Finding(Check.DRAINED, e.getMessage() + ": " + last));
    }
  }

  private static Optional<String> open(LocalCluster cluster, NodeProcess node) {
    try {
      StatusResponse status = cluster.status(node);
      if (!status.getReady()) {
        // It may list no zone at all.
        return Optional.of(node.id() + " is not ready");
      }
      String zones =
          String.join(
              ", ",
              status.getZonesList().stream()
                  .filter(
                      zone ->
                          zone.getQueued() + zone.getClaimed() + zone.getDeferred() + zone.getHeld()
                              != 0)
                  .map(
                      zone ->
                          "%d queued, %d claimed, %d deferred"
                              .formatted(zone.getQueued(), zone.getClaimed(), zone.getDeferred()))
                  .toList());
      return zones.isEmpty() ? Optional.empty() : Optional.of(node.id() + " has " + zones);
    } catch (UnreachableException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  private static String told(VerifyStateResponse response) {
    return String.join(
        ", ",
        response.getReplicasList().stream()
            .map(
                replica ->
                    replica.getGroup()
                        + "/"
                        + replica.getNode()
                        + " at "
                        + replica.getIndex()
                        + " "
                        + (replica.getError().isEmpty()
                            ? replica
                                .getDigest()
                                .substring(0, Math.min(12, replica.getDigest().length()))
                            : replica.getError()))
            .toList());
  }
}
