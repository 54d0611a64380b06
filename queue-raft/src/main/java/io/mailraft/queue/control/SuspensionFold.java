package io.mailraft.queue.control;

import com.google.protobuf.InvalidProtocolBufferException;
import io.mailraft.api.log.ResumeZone;
import io.mailraft.api.log.SuspendZone;
import io.mailraft.api.stored.StoredSuspension;
import io.mailraft.queue.raft.Answer;
import io.mailraft.queue.raft.FoldException;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.Position;
import io.mailraft.queue.store.Table;
import io.mailraft.queue.store.Table.Removal;
import io.mailraft.queue.store.View;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/**
 * The part of the control group's state machine that keeps which zones are suspended (I10).
 *
 * <p>An order for a zone that is so already changes nothing: the first operator's words stay, and a
 * record that comes again does no harm. A suspension stands by the zone's name, whether the
 * document has that zone or not, until it is ended.
 */
final class SuspensionFold {
  static final Table TABLE = new Table("suspension", Removal.ANY, false);

  /** Ten times as many as a document has zones. */
  static final int SUSPENSIONS_MAX = 10_000;

  private static final byte[] FIRST = new byte[0];
  private static final byte[] END = {(byte) 0xff};

  private final Map<String, Suspension> suspensions = new TreeMap<>();

  Map<String, Suspension> suspensions() {
    return Map.copyOf(suspensions);
  }

  void load(View view) {
    suspensions.clear();
    view.scan(
        TABLE,
        FIRST,
        END,
        (key, value) -> {
          try {
            StoredSuspension row = StoredSuspension.parseFrom(value);
            suspensions.put(
                new String(key, StandardCharsets.UTF_8),
                new Suspension(row.getAuthor(), row.getReason(), row.getStampMillis()));
          } catch (InvalidProtocolBufferException e) {
            throw new FoldException("the row of a suspended zone cannot be read", e);
          }
          return true;
        });
  }

  /** Answers with 1 where it has changed something. */
  Answer suspend(SuspendZone record, Position at, Batch batch) {
    if (suspensions.containsKey(record.getZone())) {
      return new Answer.Accepted(at.index(), 0);
    }
    if (suspensions.size() >= SUSPENSIONS_MAX) {
      return new Answer.Refused(
          at.index(), SUSPENSIONS_MAX + " zones are suspended, there can be no more");
    }
    Suspension made = new Suspension(record.getAuthor(), record.getReason(), at.stampMillis());
    suspensions.put(record.getZone(), made);
    batch.put(
        TABLE,
        key(record.getZone()),
        StoredSuspension.newBuilder()
            .setAuthor(made.author())
            .setReason(made.reason())
            .setStampMillis(made.stampMillis())
            .build()
            .toByteArray());
    return new Answer.Accepted(at.index(), 1);
  }

  /** Answers with 1 where it has changed something. */
  Answer resume(ResumeZone record, Position at, Batch batch) {
    if (suspensions.remove(record.getZone()) == null) {
      return new Answer.Accepted(at.index(), 0);
    }
    batch.delete(TABLE, key(record.getZone()));
    return new Answer.Accepted(at.index(), 1);
  }

  private static byte[] key(String zone) {
    return zone.getBytes(StandardCharsets.UTF_8);
  }
}
