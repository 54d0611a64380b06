package io.mailraft.queue.throttle;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.api.log.GiveSends;
import io.mailraft.api.log.LeaseRef;
import io.mailraft.api.log.SendGrant;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.MemoryStore;
import io.mailraft.queue.store.Position;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class SlotTableTest {
  private static final LeaseRef LIVE = LeaseRef.newBuilder().setNode(1).setEpoch(7).build();

  private final MemoryStore store = new MemoryStore(List.of(SlotTable.SLOTS, SlotTable.CLOCK));
  private long monotonic = 1000;
  private final ThrottleClock clock = new ThrottleClock(() -> monotonic);
  private final SlotTable table = new SlotTable(clock);
  private long index;

  SlotTableTest() {
    table.load(store);
  }

  private GiveSends apply(GiveSends.Builder decision) {
    Position at = new Position(1, ++index, index);
    Batch batch = store.begin();
    GiveSends valid = table.apply(decision.build(), LIVE::equals, batch);
    store.commit(batch, at);
    table.applied(valid);
    return valid;
  }

  private static SendGrant.Builder grant(String counter, long first, int count) {
    return SendGrant.newBuilder()
        .setCounter(counter)
        .setNode(1)
        .setEpoch(7)
        .setFirstNanos(first)
        .setSpacingNanos(10)
        .setCount(count);
  }

  @Test
  void i7_aSlotIsGivenOnce() {
    apply(GiveSends.newBuilder().setClockNanos(100).addGrants(grant("a", 100, 5)));
    assertThat(
            apply(GiveSends.newBuilder().setClockNanos(101).addGrants(grant("a", 149, 1)))
                .getGrantsCount())
        .isZero();
    assertThat(
            apply(
                    GiveSends.newBuilder()
                        .setClockNanos(102)
                        .addGrants(grant("a", 150, 1))
                        .addGrants(grant("b", 0, 1)))
                .getGrantsCount())
        .isEqualTo(2);
    assertThat(table.next()).isEqualTo(Map.of("a", 160L, "b", 10L));
  }

  @Test
  void whoHoldsNoLeaseGetsNothingAndTakesNothingAway() {
    assertThat(
            apply(GiveSends.newBuilder().setClockNanos(5).addGrants(grant("a", 0, 5).setEpoch(6)))
                .getGrantsCount())
        .isZero();
    assertThat(table.next()).isEmpty();
  }

  @Test
  void theStateComesBackFromItsRowsAndTheClockGoesOnFromThere() {
    apply(GiveSends.newBuilder().setClockNanos(500).addGrants(grant("a", 500, 3)));
    monotonic += 10_000;
    ThrottleClock fresh = new ThrottleClock(() -> monotonic);
    SlotTable again = new SlotTable(fresh);
    again.load(store);
    assertThat(again.next()).isEqualTo(Map.of("a", 530L));
    // How long it was down it cannot know.
    assertThat(fresh.read()).isEqualTo(500);
    monotonic += 7;
    assertThat(fresh.read()).isEqualTo(507);
  }

  @Test
  void aCounterIsForgottenOnceItsSlotsAreLongPast() {
    apply(GiveSends.newBuilder().setClockNanos(100).addGrants(grant("a", 100, 5)));
    apply(GiveSends.newBuilder().setClockNanos(140).addForgotten("a"));
    assertThat(table.next()).containsKey("a");
    apply(GiveSends.newBuilder().setClockNanos(151).addForgotten("a").addForgotten("unknown"));
    assertThat(table.next()).isEmpty();
    SlotTable again = new SlotTable(clock);
    again.load(store);
    assertThat(again.next()).isEmpty();
  }

  @Test
  void i7_aFollowersReadingIsNeverAheadOfTheLeaders() {
    apply(GiveSends.newBuilder().setClockNanos(1000));
    monotonic += 50;
    assertThat(clock.read()).isEqualTo(1050);
    // A later leader's clock is behind: the reading goes back to it.
    apply(GiveSends.newBuilder().setClockNanos(1020));
    assertThat(clock.read()).isEqualTo(1020);
    clock.lead();
    monotonic += 30;
    // A leader's own decisions do not move its clock.
    apply(GiveSends.newBuilder().setClockNanos(1040));
    assertThat(clock.read()).isEqualTo(1050);
    monotonic += 5;
    clock.follow();
    assertThat(clock.read()).isEqualTo(1045);
  }
}
