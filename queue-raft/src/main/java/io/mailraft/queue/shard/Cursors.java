package io.mailraft.queue.shard;

import io.mailraft.queue.store.View;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Where each lane's queued deliveries begin that were not picked yet. Guarded by the lock of its
 * {@link Picker}.
 */
final class Cursors {
  /** Most cursors that are kept; a lane without one pays a longer seek. */
  static final int CURSORS_MAX = 65_536;

  private final View view;
  private final Map<Lane, byte[]> cursors =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Lane, byte[]> eldest) {
          return size() > CURSORS_MAX;
        }
      };

  Cursors(View view) {
    this.view = view;
  }

  /**
   * The next deliveries of a lane, which are behind its cursor from here on.
   *
   * @param wanted which of them count
   * @throws io.mailraft.queue.store.StoreException if the database cannot be read; the cursor stays
   */
  List<DeliveryId> scan(Lane lane, int limit, Predicate<DeliveryId> wanted) {
    List<DeliveryId> picked = new ArrayList<>(limit);
    byte[] from = cursors.getOrDefault(lane, Rows.readyFirst(lane));
    byte[][] last = {from};
    view.scan(
        Rows.READY,
        from,
        Rows.readyEnd(lane),
        (key, value) -> {
          last[0] = Rows.after(key);
          DeliveryId delivery = Rows.lastDelivery(key);
          if (wanted.test(delivery)) {
            picked.add(delivery);
          }
          return picked.size() < limit;
        });
    cursors.put(lane, last[0]);
    return picked;
  }

  /** The delivery is picked, and nothing that is not stands before it. */
  void pass(Lane lane, DeliveryId delivery) {
    byte[] after = Rows.after(Rows.ready(lane, delivery));
    cursors.merge(lane, after, (a, b) -> Arrays.compareUnsigned(a, b) < 0 ? b : a);
  }

  /** The delivery is to be picked again. */
  void comeBack(Lane lane, DeliveryId delivery) {
    byte[] cursor = cursors.get(lane);
    if (cursor != null) {
      byte[] key = Rows.ready(lane, delivery);
      if (Arrays.compareUnsigned(key, cursor) < 0) {
        cursors.put(lane, key);
      }
    }
  }
}
