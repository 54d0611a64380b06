package io.mailraft.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class WindowTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final Window window = new Window();

  @Test
  void starts_at_one_and_doubles_with_what_is_in_use() {
    assertThat(window.size()).isEqualTo(1);
    window.succeeded(1, 0);
    assertThat(window.size()).isEqualTo(3);
    window.succeeded(1, 0);
    assertThat(window.size()).as("more than twice what is in use").isEqualTo(3);
    for (int i = 0; i < 100; i++) {
      window.succeeded(10, 0);
    }
    assertThat(window.size()).isBetween(20, 22);
  }

  @Test
  void comes_down_to_what_works_and_grows_by_one_for_a_windowful_after_a_pause() {
    for (int i = 0; i < 100; i++) {
      window.succeeded(20, 0);
    }
    assertThat(window.size()).isBetween(40, 42);
    assertThat(window.failed(10, 0)).isFalse();
    assertThat(window.size()).isEqualTo(10);
    for (int i = 0; i < 1000; i++) {
      window.succeeded(10, 9 * SECOND);
    }
    assertThat(window.size()).as("in the pause").isEqualTo(10);
    for (int i = 0; i < 10; i++) {
      window.succeeded(10, 11 * SECOND);
    }
    assertThat(window.size()).isBetween(10, 11);
    window.succeeded(10, 11 * SECOND);
    assertThat(window.size()).isEqualTo(11);
  }

  @Test
  void counts_a_site_as_dead_after_a_windowful_of_failures_without_a_success() {
    assertThat(window.failed(0, 0)).isFalse();
    assertThat(window.failed(0, 0)).isFalse();
    window.succeeded(1, 0);
    assertThat(window.failed(0, 0)).isFalse();
    assertThat(window.failed(0, 0)).isFalse();
    assertThat(window.failed(0, 0)).isTrue();
    assertThat(window.size()).isEqualTo(1);
  }

  @Test
  void never_is_less_than_one() {
    for (int i = 0; i < 10; i++) {
      window.failed(0, 0);
      assertThat(window.size()).isEqualTo(1);
    }
    window.restart();
    assertThat(window.size()).isEqualTo(1);
  }
}
