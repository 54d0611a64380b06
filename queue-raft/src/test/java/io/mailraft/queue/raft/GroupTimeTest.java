package io.mailraft.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class GroupTimeTest {
  private static final long DAY = TimeUnit.DAYS.toMillis(1);

  private final AtomicLong wall = new AtomicLong(10 * DAY);
  private final AtomicLong stamp = new AtomicLong();
  private final AtomicLong nanos = new AtomicLong(-5);
  private final GroupTime time =
      new GroupTime(() -> Instant.ofEpochMilli(wall.get()), stamp::get, nanos::get);

  private void pass(long micros) {
    nanos.addAndGet(TimeUnit.MICROSECONDS.toNanos(micros));
  }

  @Test
  void it_is_the_wall_clock_where_nothing_jumped() {
    assertThat(time.millis()).isEqualTo(10 * DAY);
    wall.addAndGet(1000);
    pass(1_000_000);
    assertThat(time.millis()).isEqualTo(10 * DAY + 1000);
  }

  @Test
  void it_goes_on_by_the_monotonic_clock_while_the_wall_clock_is_behind() {
    assertThat(time.millis()).isEqualTo(10 * DAY);
    wall.addAndGet(-DAY);
    for (int i = 0; i < 10; i++) {
      pass(500);
      time.millis();
    }
    assertThat(time.millis()).isEqualTo(10 * DAY + 5);
  }

  @Test
  void it_goes_on_from_the_stamp_of_an_earlier_leader_whose_clock_was_ahead() {
    stamp.set(11 * DAY);
    assertThat(time.millis()).isEqualTo(11 * DAY);
    pass(7_000);
    assertThat(time.millis()).isEqualTo(11 * DAY + 7);
    assertThat(time.instant().toEpochMilli()).isEqualTo(11 * DAY + 7);
  }
}
