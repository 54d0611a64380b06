package io.mailraft.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** When snapshots are asked for. */
class SnapshotScheduleTest {
  private final SnapshotSchedule schedule = new SnapshotSchedule(80);
  private final List<Long> asked = new ArrayList<>();

  private void log(long bytes, boolean grant) {
    schedule.logged(
        bytes,
        since -> {
          asked.add(since);
          return grant;
        });
  }

  @Test
  void oneIsAskedForOnceUntilItIsAnswered() {
    log(79, true);
    assertThat(asked).isEmpty();
    log(1, true);
    log(500, true);
    assertThat(asked).containsExactly(80L);
    schedule.answered();
    log(1, true);
    assertThat(asked).as("it was refused").containsExactly(80L, 581L);
    schedule.restart();
    schedule.answered();
    log(79, true);
    assertThat(asked).hasSize(2);
    log(1, true);
    assertThat(asked).hasSize(3);
  }

  @Test
  void entriesMakeOneDueHoweverSmallTheyAre() {
    SnapshotSchedule large = new SnapshotSchedule(256L << 20);
    AtomicInteger requests = new AtomicInteger();
    for (int i = 0; i < SnapshotSchedule.ENTRIES_MAX; i++) {
      large.logged(1, _ -> requests.incrementAndGet() > 0);
    }
    assertThat(requests).hasValue(0);
    for (int i = 0; i < 100; i++) {
      large.logged(1, _ -> requests.incrementAndGet() > 0);
    }
    assertThat(requests).hasValue(1);
  }

  @Test
  void oneIsNotAskedForWhileAnotherReasonHasAsked() {
    assertThat(schedule.begin()).isTrue();
    assertThat(schedule.begin()).isFalse();
    log(80, true);
    assertThat(asked).isEmpty();
    schedule.answered();
    log(1, true);
    assertThat(asked).containsExactly(81L);
  }

  @Test
  void oneThatIsPutOffIsAskedForAgainAfterAnEighth() {
    log(80, false);
    log(9, false);
    assertThat(asked).containsExactly(80L);
    log(1, false);
    log(9, true);
    assertThat(asked).containsExactly(80L, 90L);
    log(1, true);
    assertThat(asked).containsExactly(80L, 90L, 100L);
  }
}
