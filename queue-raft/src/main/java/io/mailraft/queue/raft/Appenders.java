package io.mailraft.queue.raft;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeerId;

/** What brings the log to the followers of the groups that a server leads, or led last. */
final class Appenders {
  /** Where Ratis' transport finds it among the server's parameters. */
  static final String PARAMETER = "mailraft.appenders";

  private final Map<RaftGroupId, Map<RaftPeerId, TellingAppender>> all = new ConcurrentHashMap<>();

  /** A follower's appender, instead of the one of an earlier term. */
  void add(RaftGroupId group, TellingAppender appender) {
    all.computeIfAbsent(group, _ -> new ConcurrentHashMap<>())
        .put(appender.getFollower().getId(), appender);
  }

  /** Has a follower told that the log is committed up to an index. Does not block. */
  void tell(RaftGroupId group, RaftPeerId follower, long index) {
    TellingAppender appender = all.getOrDefault(group, Map.of()).get(follower);
    if (appender != null) {
      appender.tell(index);
    }
  }
}
