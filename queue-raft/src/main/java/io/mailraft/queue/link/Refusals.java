package io.mailraft.queue.link;

import io.mailraft.api.link.Refused;
import io.mailraft.queue.raft.BusyException;
import io.mailraft.queue.raft.NotLeaderException;
import java.util.Optional;
import java.util.concurrent.CompletionException;

/** Exceptions as they travel between nodes. */
final class Refusals {
  private Refusals() {}

  static Refused toFrame(Throwable trouble) {
    return switch (unwrap(trouble)) {
      case NotLeaderException notLeader ->
          Refused.newBuilder()
              .setReason(Refused.Reason.NOT_LEADER)
              .setLeader(notLeader.leader().orElse(""))
              .build();
      case BusyException busy ->
          Refused.newBuilder()
              .setReason(Refused.Reason.BUSY)
              .setDetail(String.valueOf(busy.getMessage()))
              .build();
      case DiskFullException full ->
          Refused.newBuilder()
              .setReason(Refused.Reason.DISK_FULL)
              .setDetail(String.valueOf(full.getMessage()))
              .build();
      case OlderNodeException older ->
          Refused.newBuilder()
              .setReason(Refused.Reason.OLDER_NODE)
              .setDetail(String.valueOf(older.getMessage()))
              .build();
      case IllegalArgumentException invalid ->
          Refused.newBuilder()
              .setReason(Refused.Reason.INVALID)
              .setDetail(String.valueOf(invalid.getMessage()))
              .build();
      case Throwable other ->
          Refused.newBuilder()
              .setReason(Refused.Reason.STOPPING)
              .setDetail(String.valueOf(other))
              .build();
    };
  }

  static Throwable toException(String group, Refused refused) {
    return switch (refused.getReason()) {
      case NOT_LEADER ->
          new NotLeaderException(
              group, Optional.of(refused.getLeader()).filter(name -> !name.isEmpty()));
      case BUSY -> new BusyException(refused.getDetail());
      case DISK_FULL -> new DiskFullException(refused.getDetail());
      case OLDER_NODE -> new OlderNodeException(refused.getDetail());
      case INVALID -> new IllegalArgumentException(refused.getDetail());
      case STOPPING, REASON_UNSPECIFIED, UNRECOGNIZED -> new LinkException(refused.getDetail());
    };
  }

  private static Throwable unwrap(Throwable trouble) {
    Throwable cause = trouble.getCause();
    return trouble instanceof CompletionException && cause != null ? unwrap(cause) : trouble;
  }
}
