package io.mailraft.queue.shard;

import io.mailraft.queue.store.View;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Where each lane's queued deliveries begin that were not picked yet, and the few before that place
 * which are to be picked again. Guarded by the lock of its {@link Picker}.
 *
 * <p>Those few are looked up one by one: to move the cursor back to them would have the next scan
 * walk over all that was claimed since, whose tombstones may still lie there.
 */
final class Cursors {
  /** Most lanes whose cursors are kept; one without pays a longer seek. */
  static final int LANES_MAX = 65_536;

  /** Most deliveries before the cursors of all lanes. */
  static final int BEHIND_MAX = 65_536;

  private final View view;
  private final int behindMax;
  private int behind;
  private final Map<Lane, Place> places =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Lane, Place> eldest) {
          boolean full = size() > LANES_MAX;
          if (full) {
            behind -= eldest.getValue().before.size();
          }
          return full;
        }
      };

  /** Where a lane goes on. */
  private static final class Place {
    private byte[] from;
    private final TreeSet<byte[]> before = new TreeSet<>(Arrays::compareUnsigned);

    Place(byte[] from) {
      this.from = from;
    }
  }

  Cursors(View view) {
    this(view, BEHIND_MAX);
  }

  Cursors(View view, int behindMax) {
    this.view = view;
    this.behindMax = behindMax;
  }

  /**
   * The next deliveries of a lane in the order of their age, which are behind its cursor from here
   * on.
   *
   * @param wanted which of them count
   * @throws io.mailraft.queue.store.StoreException if the database cannot be read; all is as before
   *     then
   */
  List<DeliveryId> scan(Lane lane, int limit, Predicate<DeliveryId> wanted) {
    List<DeliveryId> picked = new ArrayList<>(limit);
    Place place = places.computeIfAbsent(lane, of -> new Place(Rows.readyFirst(of)));
    List<byte[]> looked = new ArrayList<>();
    for (byte[] key : place.before) {
      if (picked.size() == limit) {
        break;
      }
      looked.add(key);
      DeliveryId delivery = Rows.lastDelivery(key);
      if (wanted.test(delivery) && view.get(Rows.READY, key).isPresent()) {
        picked.add(delivery);
      }
    }
    byte[][] from = {place.from};
    if (picked.size() < limit) {
      view.scan(
          Rows.READY,
          place.from,
          Rows.readyEnd(lane),
          (key, value) -> {
            from[0] = Rows.after(key);
            DeliveryId delivery = Rows.lastDelivery(key);
            if (wanted.test(delivery)) {
              picked.add(delivery);
            }
            return picked.size() < limit;
          });
    }
    place.from = from[0];
    looked.forEach(place.before::remove);
    behind -= looked.size();
    return picked;
  }

  /** The delivery is picked, and nothing that is not stands before it. */
  void pass(Lane lane, DeliveryId delivery) {
    byte[] after = Rows.after(Rows.ready(lane, delivery));
    Place place = places.computeIfAbsent(lane, _ -> new Place(after));
    if (Arrays.compareUnsigned(place.from, after) < 0) {
      place.from = after;
    }
  }

  /** The delivery is to be picked again. */
  void comeBack(Lane lane, DeliveryId delivery) {
    Place place = places.get(lane);
    byte[] key = Rows.ready(lane, delivery);
    if (place == null || Arrays.compareUnsigned(key, place.from) >= 0 || !place.before.add(key)) {
      return;
    }
    if (++behind > behindMax) {
      place.from = place.before.first();
      behind -= place.before.size();
      place.before.clear();
    }
  }
}
