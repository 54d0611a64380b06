package io.mailraft.queue.raft;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.server.RaftServer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a host does again and again while its groups are open, on one thread. */
final class Upkeep implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);

  /**
   * Election timeouts of silence after which any follower must have stood for election, and a
   * connection is taken for dead.
   */
  private static final int SILENT = 10;

  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("raft-upkeep").factory());

  /** Performs a duty again and again. */
  void every(Duration period, Runnable duty) {
    Runnable guarded =
        () -> {
          try {
            duty.run();
          } catch (RuntimeException e) {
            // The executor would drop what threw once.
            LOG.error("the upkeep of the groups goes on after an error", e);
          }
        };
    var _ =
        thread.scheduleWithFixedDelay(
            guarded, period.toNanos(), period.toNanos(), TimeUnit.NANOSECONDS);
  }

  /**
   * Sees to it that a group without a leader can elect one.
   *
   * @param catchingUp whether this node neither votes nor stands for election
   * @throws IOException if this version of Ratis is another inside than 3.3.0
   */
  void elections(
      RaftServer server, HostSettings settings, List<GroupReplica> replicas, boolean catchingUp)
      throws IOException {
    if (catchingUp) {
      return;
    }
    PeerChannels channels = new PeerChannels(server, settings);
    every(
        settings.electionTimeout().dividedBy(2),
        () -> {
          // This node may be the one that must ask the others for their votes.
          if (replicas.stream().anyMatch(replica -> replica.leader().isEmpty())) {
            channels.connect();
          }
        });
    Duration silence = settings.electionTimeout().multipliedBy(SILENT);
    every(
        silence,
        () ->
            channels.renew(
                replicas.stream()
                    .flatMap(replica -> replica.division().stream())
                    .map(division -> division.getInfo().getRoleInfoProto())
                    .toList(),
                silence));
    every(
        settings.electionTimeout(),
        () ->
            replicas.stream()
                .flatMap(replica -> replica.division().stream())
                .forEach(division -> StuckFollower.free(server, division, silence)));
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
