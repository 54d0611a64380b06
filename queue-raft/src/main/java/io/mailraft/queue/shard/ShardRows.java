package io.mailraft.queue.shard;

import com.google.protobuf.InvalidProtocolBufferException;
import io.mailraft.api.stored.DeliveryState;
import io.mailraft.api.stored.StoredClaim;
import io.mailraft.api.stored.StoredCounter;
import io.mailraft.api.stored.StoredDelivery;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.raft.FoldException;
import io.mailraft.queue.store.Table;
import io.mailraft.queue.store.View;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The rows of one shard for people who look at the queue: lists, a page at a time. Reads only.
 *
 * <p>Between two reads the queue goes on, so a delivery that changes its state meanwhile may be
 * seen twice or not at all.
 */
public final class ShardRows {
  private static final byte[] END = {(byte) 0xff};

  /**
   * Most rows that are looked at in one go. While a scan runs, a replica that closes a frozen state
   * or its database waits for it, and applying waits for that.
   */
  private static final int SCAN_MAX = 2_000;

  private final View view;

  /** Reads the state that a group has applied. */
  public ShardRows(View view) {
    this.view = view;
  }

  /** Where a list begins. */
  public static byte[] first() {
    return Rows.FIRST;
  }

  /**
   * Deliveries of an open message, in the order of their numbers, ended ones too.
   *
   * @param fromSeq least number
   * @param limit most rows
   */
  public List<Listing.Row> deliveries(MessageId message, int fromSeq, int limit) {
    List<Listing.Row> found = new ArrayList<>();
    view.scan(
        Rows.DELIVERY,
        Rows.delivery(new DeliveryId(message, fromSeq)),
        Rows.delivery(new DeliveryId(message, Integer.MAX_VALUE)),
        (key, value) -> {
          DeliveryId id = Rows.lastDelivery(key);
          found.add(new Listing.Row(id, parse(id, value), false));
          return found.size() < limit;
        });
    found.replaceAll(row -> new Listing.Row(row.id(), row.delivery(), claimed(row.id())));
    return found;
  }

  /** Who has claimed a delivery. */
  public Optional<StoredClaim> claim(DeliveryId delivery) {
    return view.get(Rows.CLAIM, Rows.delivery(delivery)).map(ShardRows::claimOf);
  }

  /** Whether a node has the delivery in hand. */
  public boolean claimed(DeliveryId delivery) {
    return view.get(Rows.CLAIM, Rows.delivery(delivery)).isPresent();
  }

  /**
   * Lists claimed deliveries of a zone, by message. Costs as much as there are claims of all zones,
   * which nodes bound.
   *
   * @param from {@link #first}, or where the last page ended
   * @return where the next page begins; empty where nothing follows
   */
  public Optional<byte[]> claimed(String zone, byte[] from, Listing page) {
    return list(Rows.CLAIM, from, END, value -> claimOf(value).getZone().equals(zone), true, page);
  }

  /**
   * Lists queued deliveries of a zone that no node has in hand, by domain and then by message.
   *
   * @param from {@link #first}, or where the last page ended
   * @return where the next page begins; empty where nothing follows
   */
  public Optional<byte[]> queued(String zone, byte[] from, Listing page) {
    byte[] start = zonePrefix(zone, (byte) 0);
    return list(
        Rows.READY,
        Arrays.compareUnsigned(from, start) > 0 ? from : start,
        zonePrefix(zone, (byte) 1),
        value -> true,
        false,
        page);
  }

  /**
   * Lists deferred deliveries of a zone, by the time of their next attempt. Passes over those of
   * other zones that are due before.
   *
   * @param from {@link #first}, or where the last page ended
   * @return where the next page begins; empty where nothing follows
   */
  public Optional<byte[]> deferred(String zone, byte[] from, Listing page) {
    byte[] prefix = zonePrefix(zone, (byte) 0);
    return list(Rows.DUE, from, END, value -> startsWith(value, prefix), false, page);
  }

  /** Rows that go away between the two reads are left out: their state has changed. */
  private Optional<byte[]> list(
      Table table,
      byte[] from,
      byte[] to,
      Predicate<byte[]> wanted,
      boolean claimed,
      Listing page) {
    byte[] at = from;
    while (!page.ended()) {
      Stretch stretch = stretch(table, at, to, wanted, page);
      for (byte[] key : stretch.wanted()) {
        DeliveryId id = Rows.lastDelivery(key);
        Deliveries.find(id, view)
            .ifPresent(row -> page.rows().add(new Listing.Row(id, row, claimed)));
      }
      if (stretch.rest().isEmpty()) {
        return Optional.empty();
      }
      at = stretch.rest().get();
    }
    return Optional.of(at);
  }

  /**
   * Rows that were looked at in one go.
   *
   * @param wanted keys of those that belong on the page
   * @param rest where it goes on; empty at the end of the list
   */
  private record Stretch(List<byte[]> wanted, Optional<byte[]> rest) {}

  private Stretch stretch(
      Table table, byte[] from, byte[] to, Predicate<byte[]> wanted, Listing page) {
    int looks = Math.min(page.looks(), SCAN_MAX);
    List<byte[]> keys = new ArrayList<>();
    List<byte[]> rest = new ArrayList<>(1);
    int[] looked = {0};
    view.scan(
        table,
        from,
        to,
        (key, value) -> {
          if (looked[0] == looks || keys.size() == page.room()) {
            rest.add(key);
            return false;
          }
          looked[0]++;
          if (wanted.test(value) && !page.skips()) {
            keys.add(key);
          }
          return true;
        });
    page.looked(looked[0]);
    return new Stretch(keys, rest.stream().findFirst());
  }

  /**
   * Counters of the domains of a zone, in the order of their names.
   *
   * @param after the domain behind which to begin; empty to begin with the first
   * @param limit most domains
   */
  public Map<String, Depth> domains(String zone, String after, int limit) {
    byte[] start =
        after.isEmpty() ? zonePrefix(zone, (byte) 0) : Rows.after(Rows.lane(new Lane(zone, after)));
    Map<String, Depth> found = new LinkedHashMap<>();
    view.scan(
        Rows.COUNTER,
        start,
        zonePrefix(zone, (byte) 1),
        (key, value) -> {
          StoredCounter row = counterOf(value);
          found.put(
              Rows.lane(key).domain(),
              new Depth(row.getQueued(), row.getClaimed(), row.getDeferred(), row.getHeld()));
          return found.size() < limit;
        });
    return found;
  }

  /** Whether a delivery of that state is open. */
  public static boolean isOpen(StoredDelivery row) {
    return Deliveries.isOpen(row.getState());
  }

  /** Whether the delivery ended because somebody cancelled it. */
  public static boolean isCancelled(StoredDelivery row) {
    return row.getState() == DeliveryState.END_CANCELLED;
  }

  private static byte[] zonePrefix(String zone, byte last) {
    byte[] name = zone.getBytes(StandardCharsets.UTF_8);
    byte[] prefix = Arrays.copyOf(name, name.length + 1);
    prefix[name.length] = last;
    return prefix;
  }

  private static boolean startsWith(byte[] value, byte[] prefix) {
    return value.length >= prefix.length
        && Arrays.equals(value, 0, prefix.length, prefix, 0, prefix.length);
  }

  private static StoredDelivery parse(DeliveryId id, byte[] value) {
    try {
      return StoredDelivery.parseFrom(value);
    } catch (InvalidProtocolBufferException e) {
      throw new FoldException("the row of delivery " + id + " cannot be read", e);
    }
  }

  static StoredClaim claimOf(byte[] value) {
    try {
      return StoredClaim.parseFrom(value);
    } catch (InvalidProtocolBufferException e) {
      throw new FoldException("a claim row cannot be read", e);
    }
  }

  private static StoredCounter counterOf(byte[] value) {
    try {
      return StoredCounter.parseFrom(value);
    } catch (InvalidProtocolBufferException e) {
      throw new FoldException("a counter row cannot be read", e);
    }
  }
}
