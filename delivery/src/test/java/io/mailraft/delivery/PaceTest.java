package io.mailraft.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PaceTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final Pace pace = new Pace();

  /** Sends all that it may for a time, looking every hundredth of a second. */
  private int sends(long fromNanos, long nanos, int mostEach) {
    int sends = 0;
    for (long now = fromNanos; now < fromNanos + nanos; now += SECOND / 100) {
      int may = pace.available(mostEach, now);
      pace.spend(may, now);
      sends += may;
    }
    return sends;
  }

  @Test
  void leaves_a_site_alone_until_it_is_to_go_slow() {
    assertThat(sends(0, 10 * SECOND, 1)).isEqualTo(1000);
    assertThat(pace.slowed(10 * SECOND)).isFalse();
  }

  @Test
  void halves_what_the_site_was_sent_and_climbs_back() {
    sends(0, 60 * SECOND, 1);
    pace.slowDown(60 * SECOND);
    assertThat(pace.slowed(60 * SECOND)).isTrue();
    assertThat((double) sends(60 * SECOND, 10 * SECOND, 1)).isCloseTo(500, within(25.0));
    long later = TimeUnit.MINUTES.toNanos(3);
    assertThat((double) sends(60 * SECOND + later, 10 * SECOND, 1)).isBetween(700.0, 850.0);
    assertThat(pace.slowed(60 * SECOND + TimeUnit.MINUTES.toNanos(6))).isFalse();
  }

  @Test
  void halves_again_but_once_a_second() {
    sends(0, 60 * SECOND, 1);
    for (int i = 0; i < 20; i++) {
      pace.slowDown(60 * SECOND + i);
    }
    pace.slowDown(62 * SECOND);
    // With what a second may save up.
    assertThat(sends(62 * SECOND, 10 * SECOND, 1)).isBetween(250, 285);
  }

  @Test
  void is_never_slower_than_one_a_minute_and_says_when_the_next_may_start() {
    pace.slowDown(0);
    for (int i = 1; i < 20; i++) {
      pace.slowDown(2L * i * SECOND);
    }
    long now = 40 * SECOND;
    if (pace.available(1, now) == 1) {
      pace.spend(1, now);
    }
    assertThat(pace.available(1, now)).isZero();
    long next = pace.nextNanos(now);
    assertThat(next - now).isBetween(SECOND, Pace.SPACING_NANOS_MAX + SECOND);
    assertThat(pace.available(1, next - SECOND)).isZero();
    assertThat(pace.available(1, next + SECOND / 1000)).isEqualTo(1);
  }
}
