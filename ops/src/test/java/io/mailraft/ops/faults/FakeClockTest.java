package io.mailraft.ops.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FakeClockTest {
  private static final long WAIT_MILLIS = 50;

  @TempDir Path place;

  @BeforeEach
  void demand() {
    assumeTrue(
        FakeClock.unavailable().isEmpty(),
        () -> "FakeClock " + FakeClock.unavailable().orElseThrow());
  }

  /**
   * Prints, once for each line that it reads: wall clock in ms, monotonic clock in ms, and the
   * shortest of the timed waits that a JVM has, in ms.
   */
  static final class Watch {
    private Watch() {}

    public static void main(String[] arguments) throws Exception {
      while (System.in.read() >= 0) {
        long wait = Math.min(monitor(), queue());
        System.out.println(
            System.currentTimeMillis()
                + " "
                + TimeUnit.NANOSECONDS.toMillis(System.nanoTime())
                + " "
                + wait);
      }
    }

    private static long monitor() throws InterruptedException {
      Object monitor = new Object();
      long begin = System.nanoTime();
      synchronized (monitor) {
        TimeUnit.MILLISECONDS.timedWait(monitor, WAIT_MILLIS);
      }
      return millisSince(begin);
    }

    private static long queue() throws InterruptedException {
      long begin = System.nanoTime();
      new LinkedBlockingQueue<Integer>().poll(WAIT_MILLIS, TimeUnit.MILLISECONDS);
      return millisSince(begin);
    }

    private static long millisSince(long begin) {
      return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
    }
  }

  private record Seen(long wall, long monotonic, long waited) {}

  private static Seen ask(Process watch) throws Exception {
    watch.outputWriter().write("\n");
    watch.outputWriter().flush();
    String[] words = watch.inputReader().readLine().split(" ", -1);
    return new Seen(Long.parseLong(words[0]), Long.parseLong(words[1]), Long.parseLong(words[2]));
  }

  @Test
  void a_jump_moves_the_wall_clock_and_neither_monotonic_time_nor_waits() throws Exception {
    long pid;
    try (FakeClock clock = FakeClock.create(place.resolve("clock"))) {
      ProcessBuilder builder =
          new ProcessBuilder(
              Path.of(System.getProperty("java.home"), "bin", "java").toString(),
              "-XX:TieredStopAtLevel=1",
              "-cp",
              System.getProperty("java.class.path"),
              Watch.class.getName());
      builder.environment().putAll(clock.environment());
      builder.redirectError(ProcessBuilder.Redirect.INHERIT);
      Process watch = builder.start();
      pid = watch.pid();
      try {
        Seen first = ask(watch);
        assertRight(first, Duration.ZERO);
        clock.jump(Duration.ofDays(1));
        Seen second = askUntilMoved(watch, first);
        assertRight(second, Duration.ofDays(1));
        clock.jump(Duration.ofDays(-2));
        assertThat(clock.offset()).isEqualTo(Duration.ofDays(-1));
        Seen third = askUntilMoved(watch, second);
        assertRight(third, Duration.ofDays(-1));
        assertThat(third.monotonic() - first.monotonic()).isBetween(0L, 60_000L);
      } finally {
        watch.destroyForcibly().waitFor();
      }
    }
    assertThat(Path.of("/dev/shm/faketime_shm_" + pid)).doesNotExist();
    assertThat(Path.of("/dev/shm/sem.faketime_sem_" + pid)).doesNotExist();
  }

  private static Seen askUntilMoved(Process watch, Seen before) throws Exception {
    Seen seen = ask(watch);
    long begin = System.nanoTime();
    while (Math.abs(seen.wall() - before.wall()) < Duration.ofHours(1).toMillis()) {
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(30));
      seen = ask(watch);
    }
    return seen;
  }

  private static void assertRight(Seen seen, Duration offset) {
    long truth = System.currentTimeMillis() + offset.toMillis();
    assertThat(seen.wall()).isBetween(truth - 60_000, truth + 60_000);
    assertThat(seen.waited()).isGreaterThanOrEqualTo(WAIT_MILLIS);
  }
}
