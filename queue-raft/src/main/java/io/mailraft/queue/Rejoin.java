package io.mailraft.queue;

import io.mailraft.queue.control.ControlFold;
import io.mailraft.queue.raft.GroupSpec;
import io.mailraft.queue.raft.RaftRejoin;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The way back of a node whose replicas are lost or damaged: it gets empty ones and fetches
 * everything from the other nodes, as the same node.
 *
 * <p>The mark of message ids and the journal of outcomes stay: no id is given out twice, and what
 * was delivered and not yet confirmed is still reported.
 */
public final class Rejoin {
  private Rejoin() {}

  /**
   * Moves this node's replicas aside. Nobody may be using the data directory.
   *
   * @return where they are; empty where there were none, or where an earlier call had moved them
   */
  public static Optional<Path> moveAside(QueueSettings settings) throws IOException {
    if (settings.cluster().peers().size() == 1) {
      throw new IOException(
          "this is the only node of its cluster: there is nobody to fetch anything from");
    }
    return RaftRejoin.moveAside(Replicas.directory(settings));
  }

  /**
   * Fetches everything from the other nodes. The node may be started once this returns.
   *
   * @param progress hears, line by line, what it waits for
   * @throws IOException if this node cannot use its disk or its address
   */
  public static void catchUp(QueueSettings settings, InstantSource clock, Consumer<String> progress)
      throws IOException, InterruptedException {
    ControlFold control = new ControlFold();
    List<GroupSpec> groups = Replicas.specs(control, Replicas.shards(settings, clock, control));
    RaftRejoin.catchUp(Replicas.hostSettings(settings, clock), groups, progress);
  }
}
