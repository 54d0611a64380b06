package io.mailraft.queue.shard;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import io.mailraft.api.stored.DeliveryState;
import io.mailraft.api.stored.StoredDelivery;
import io.mailraft.api.stored.StoredMessage;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.Patience;
import io.mailraft.queue.store.Table;
import io.mailraft.queue.store.View;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;

/** What must hold of a shard's rows after every record, read from the rows alone. */
final class ShardInvariants {
  private static final byte[] END = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};

  private ShardInvariants() {}

  static void check(View view, ShardFold fold) {
    i3_aVisibleMessageIsWhole(view);
    i4_anOpenDeliveryIsInOnePlace(view);
    i2_aMessageIsOpenAsLongAsOneOfItsDeliveries(view);
    everyKeyHasAnAgeAndEveryAgeAKey(view);
    countersAreExact(view, fold);
    agesAreThoseOfTheRows(view, fold);
  }

  private static void agesAreThoseOfTheRows(View view, ShardFold fold) {
    // What waited at the start is counted on a thread of its own.
    long end = System.nanoTime() + Patience.MAX.toNanos();
    while (fold.ages().oldest().isEmpty() && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(1_000_000);
    }
    assertThat(fold.ages().oldest())
        .as("the oldest waiting deliveries")
        .isEqualTo(new AgeCount(view).read().map(ZoneAges::oldest));
  }

  private static void i3_aVisibleMessageIsWhole(View view) {
    view.scan(
        Rows.MESSAGE,
        Rows.FIRST,
        END,
        (key, value) -> {
          MessageId id = Rows.lastMessage(key);
          StoredMessage message = parse(value);
          for (int chunk = 0; chunk < message.getChunks(); chunk++) {
            assertThat(view.get(Rows.BODY, Rows.body(id, chunk)))
                .as("I3: chunk %d of %s", chunk, id)
                .isPresent();
          }
          for (int seq = 1; seq <= message.getRecipients(); seq++) {
            assertThat(view.get(Rows.DELIVERY, Rows.delivery(new DeliveryId(id, seq))))
                .as("I3: delivery %d of %s", seq, id)
                .isPresent();
          }
          assertThat(view.get(Rows.UPLOAD, key)).as("I3: %s is no upload", id).isEmpty();
          return true;
        });
    for (Table table : new Table[] {Rows.READY, Rows.CLAIM, Rows.DUE}) {
      view.scan(
          table,
          Rows.FIRST,
          END,
          (key, value) -> {
            MessageId id = Rows.lastDelivery(key).message();
            assertThat(view.get(Rows.MESSAGE, Rows.message(id)))
                .as("I3: %s in %s is visible", id, table.name())
                .isPresent();
            return true;
          });
    }
  }

  private static void i4_anOpenDeliveryIsInOnePlace(View view) {
    view.scan(
        Rows.DELIVERY,
        Rows.FIRST,
        END,
        (key, value) -> {
          DeliveryId delivery = Rows.lastDelivery(key);
          StoredDelivery row = parseDelivery(value);
          Lane lane = Deliveries.lane(row);
          int places = 0;
          places += view.get(Rows.READY, Rows.ready(lane, delivery)).isPresent() ? 1 : 0;
          places += view.get(Rows.CLAIM, Rows.delivery(delivery)).isPresent() ? 1 : 0;
          places += view.get(Rows.DUE, Rows.due(row.getNextMillis(), delivery)).isPresent() ? 1 : 0;
          places += row.getState() == DeliveryState.HELD ? 1 : 0;
          assertThat(places)
              .as("I4: places of %s, which is %s", delivery, row.getState())
              .isEqualTo(Deliveries.isOpen(row.getState()) ? 1 : 0);
          return true;
        });
  }

  private static void i2_aMessageIsOpenAsLongAsOneOfItsDeliveries(View view) {
    Map<MessageId, Integer> open = new HashMap<>();
    view.scan(
        Rows.DELIVERY,
        Rows.FIRST,
        END,
        (key, value) -> {
          boolean isOpen = Deliveries.isOpen(parseDelivery(value).getState());
          open.merge(Rows.lastDelivery(key).message(), isOpen ? 1 : 0, Integer::sum);
          return true;
        });
    open.forEach(
        (id, count) -> {
          boolean message = view.get(Rows.MESSAGE, Rows.message(id)).isPresent();
          boolean ended = view.get(Rows.ENDED, Rows.message(id)).isPresent();
          assertThat(message).as("I2: %s has %d open deliveries", id, count).isEqualTo(count > 0);
          assertThat(ended).as("I2: %s has %d open deliveries", id, count).isEqualTo(count == 0);
        });
  }

  private static void everyKeyHasAnAgeAndEveryAgeAKey(View view) {
    Set<String> keys = new HashSet<>();
    view.scan(Rows.KEY, Rows.FIRST, END, (key, value) -> keys.add(HexFormat.of().formatHex(key)));
    Set<String> aged = new HashSet<>();
    view.scan(
        Rows.KEY_AGE,
        Rows.FIRST,
        END,
        (key, value) -> {
          assertThat(aged.add(HexFormat.of().formatHex(Rows.lastKey(key))))
              .as("a key has one age")
              .isTrue();
          return true;
        });
    assertThat(aged).as("ages of keys").isEqualTo(keys);
  }

  private static void countersAreExact(View view, ShardFold fold) {
    Map<Lane, Depth> counted = new HashMap<>();
    view.scan(
        Rows.DELIVERY,
        Rows.FIRST,
        END,
        (key, value) -> {
          StoredDelivery row = parseDelivery(value);
          boolean claimed = view.get(Rows.CLAIM, key).isPresent();
          Depth one =
              switch (row.getState()) {
                case QUEUED -> claimed ? new Depth(0, 1, 0, 0) : new Depth(1, 0, 0, 0);
                case DELIVERY_DEFERRED -> new Depth(0, 0, 1, 0);
                case HELD -> new Depth(0, 0, 0, 1);
                case END_DELIVERED,
                    END_BOUNCED,
                    END_EXPIRED,
                    END_CANCELLED,
                    DELIVERY_STATE_UNSPECIFIED,
                    UNRECOGNIZED ->
                    Depth.ZERO;
              };
          if (!one.equals(Depth.ZERO)) {
            counted.merge(Deliveries.lane(row), one, Depth::plus);
          }
          return true;
        });
    assertThat(fold.counters().lanes()).as("counters").isEqualTo(counted);
    Map<String, Depth> zones = new HashMap<>();
    counted.forEach((lane, depth) -> zones.merge(lane.zone(), depth, Depth::plus));
    assertThat(fold.counters().zones()).as("counters of zones").isEqualTo(zones);
  }

  /** All rows as text, for comparing replicas. */
  static Map<String, String> dump(View view) {
    Map<String, String> rows = new TreeMap<>();
    for (Table table : Rows.ALL) {
      view.scan(
          table,
          Rows.FIRST,
          END,
          (key, value) -> {
            rows.put(
                table.name() + " " + HexFormat.of().formatHex(key),
                HexFormat.of().formatHex(value));
            return true;
          });
    }
    return rows;
  }

  private static StoredMessage parse(byte[] row) {
    try {
      return StoredMessage.parseFrom(row);
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private static StoredDelivery parseDelivery(byte[] row) {
    try {
      return StoredDelivery.parseFrom(row);
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }
}
