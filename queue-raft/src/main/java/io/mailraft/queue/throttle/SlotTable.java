package io.mailraft.queue.throttle;

import com.google.protobuf.InvalidProtocolBufferException;
import io.mailraft.api.log.GiveSends;
import io.mailraft.api.log.LeaseRef;
import io.mailraft.api.log.SendGrant;
import io.mailraft.api.stored.StoredSlots;
import io.mailraft.api.stored.StoredThrottleClock;
import io.mailraft.queue.raft.FoldException;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.Table;
import io.mailraft.queue.store.Table.Removal;
import io.mailraft.queue.store.View;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * Which slot of each counter is next: the throttles' part of the control group's state.
 *
 * <p>It checks of a decision that no slot is given twice and that who gets them holds a lease; it
 * knows no rates. Memory and disk hold one number for each counter that is in use.
 */
public final class SlotTable {
  /** The next slot by counter. */
  public static final Table SLOTS = new Table("slots", Removal.ANY, false);

  /** One row: the reading of the clock. */
  public static final Table CLOCK = new Table("throttle-clock", Removal.ANY, false);

  private static final byte[] FIRST = new byte[0];
  private static final byte[] END = {(byte) 0xff};
  private static final byte[] ONLY = {0};

  private final Map<String, Long> next = new ConcurrentHashMap<>();
  private final ThrottleClock clock;
  private long clockNanos;

  public SlotTable(ThrottleClock clock) {
    this.clock = clock;
  }

  /** Loads the state in place of what is there. */
  public void load(View view) {
    next.clear();
    clockNanos = 0;
    try {
      view.scan(
          SLOTS,
          FIRST,
          END,
          (key, value) -> {
            next.put(new String(key, StandardCharsets.UTF_8), slots(value));
            return true;
          });
      var row = view.get(CLOCK, ONLY);
      if (row.isPresent()) {
        clockNanos = StoredThrottleClock.parseFrom(row.get()).getNanos();
      }
    } catch (InvalidProtocolBufferException e) {
      throw new FoldException("the row of the throttle clock cannot be read", e);
    }
    clock.observe(clockNanos);
  }

  private static long slots(byte[] value) {
    try {
      return StoredSlots.parseFrom(value).getNextNanos();
    } catch (InvalidProtocolBufferException e) {
      throw new FoldException("a row of slots cannot be read", e);
    }
  }

  /**
   * Folds a decision.
   *
   * @param live whether a lease is held
   * @return the decision with the grants that count
   */
  public GiveSends apply(GiveSends decision, Predicate<LeaseRef> live, Batch batch) {
    List<SendGrant> valid = new ArrayList<>(decision.getGrantsCount());
    for (SendGrant grant : decision.getGrantsList()) {
      long before = next.getOrDefault(grant.getCounter(), Long.MIN_VALUE);
      LeaseRef lease =
          LeaseRef.newBuilder().setNode(grant.getNode()).setEpoch(grant.getEpoch()).build();
      if (grant.getFirstNanos() >= before && live.test(lease)) {
        long after = grant.getFirstNanos() + grant.getCount() * grant.getSpacingNanos();
        next.put(grant.getCounter(), after);
        batch.put(
            SLOTS,
            key(grant.getCounter()),
            StoredSlots.newBuilder().setNextNanos(after).build().toByteArray());
        valid.add(grant);
      }
    }
    for (String counter : decision.getForgottenList()) {
      Long slot = next.get(counter);
      if (slot != null && slot < decision.getClockNanos()) {
        next.remove(counter);
        batch.delete(SLOTS, key(counter));
      }
    }
    clockNanos = decision.getClockNanos();
    batch.put(
        CLOCK, ONLY, StoredThrottleClock.newBuilder().setNanos(clockNanos).build().toByteArray());
    return decision.toBuilder().clearGrants().addAllGrants(valid).build();
  }

  /** The decision's batch has been written. */
  public void applied(GiveSends decision) {
    clock.observe(decision.getClockNanos());
  }

  private static byte[] key(String counter) {
    return counter.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * The time of a counter's next slot that was not given yet, or of a day's sends the number of
   * those that were; empty where none was given lately.
   */
  public OptionalLong next(String counter) {
    Long slot = next.get(counter);
    return slot == null ? OptionalLong.empty() : OptionalLong.of(slot);
  }

  /** How far ahead of the clock a counter's next slot is; less than 0 where it is due. */
  public OptionalLong aheadNanos(String counter) {
    Long slot = next.get(counter);
    return slot == null ? OptionalLong.empty() : OptionalLong.of(slot - clock.read());
  }

  /** The next slot of every counter that is known. */
  Map<String, Long> next() {
    return new HashMap<>(next);
  }
}
