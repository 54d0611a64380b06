package io.mailraft.queue.raft;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.apache.ratis.proto.RaftProtos.CommitInfoProto;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;

/**
 * Followers that need more of their leader's log than a new snapshot would leave.
 *
 * <p>A snapshot lets the log before it go. A follower that is being brought an older snapshot, or
 * the entries after it, would have to begin again with the new one; where mail flows fast enough it
 * would never be done. So a leader waits with its next snapshot for those that answer it.
 */
final class Laggards {
  /** A follower that has said nothing for longer is away, and is not waited for. */
  static final Duration AWAY = Duration.ofSeconds(10);

  private Laggards() {}

  /**
   * Whether there is one.
   *
   * @param role that of this node; one that does not lead has no followers
   * @param commits what each node is known to have committed
   * @param kept index of the first entry that would stay
   */
  static boolean any(RoleInfoProto role, Collection<CommitInfoProto> commits, long kept) {
    Map<String, Long> committed = new HashMap<>();
    commits.forEach(
        info -> committed.put(info.getServer().getId().toStringUtf8(), info.getCommitIndex()));
    return role.getLeaderInfo().getFollowerInfoList().stream()
        .filter(follower -> follower.getLastRpcElapsedTimeMs() < AWAY.toMillis())
        .map(follower -> committed.getOrDefault(follower.getId().getId().toStringUtf8(), 0L))
        .anyMatch(index -> index + 1 < kept);
  }
}
