package io.mailraft.node.http.v1;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** How many messages of batches are on their way at a time. */
class BatchMemoryTest {
  private static final int SMALL = 2 << 10;
  private static final int LARGE = 8 << 20;

  @Test
  void i9_few_large_templates_are_held_or_many_small_ones() {
    BatchMemory memory = new BatchMemory(64 << 20);
    int held = 0;
    while (memory.takeTemplate(LARGE)) {
      held++;
    }
    assertThat(held).isEqualTo(2);
    memory.giveBackTemplate(LARGE);
    held = 0;
    while (memory.takeTemplate(SMALL)) {
      held++;
    }
    assertThat(held).isBetween(100, 400);
    assertThat(memory.takeTemplate(0)).as("a batch without a template").isTrue();
  }

  @Test
  void i9_a_large_message_waits_for_others_to_be_over_and_small_ones_do_not() throws Exception {
    BatchMemory memory = new BatchMemory(64 << 20);
    memory.takeMessage(LARGE);
    memory.takeMessage(SMALL);
    CountDownLatch taken = new CountDownLatch(1);
    Thread large =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    memory.takeMessage(LARGE);
                    taken.countDown();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
    assertThat(taken.await(50, TimeUnit.MILLISECONDS)).isFalse();
    memory.giveBackMessage(LARGE);
    assertThat(taken.await(60, TimeUnit.SECONDS)).isTrue();
    large.join();
  }

  @Test
  void any_heap_has_room_for_the_largest_message() throws Exception {
    BatchMemory memory = new BatchMemory(1);
    memory.takeMessage(Integer.MAX_VALUE);
    memory.giveBackMessage(Integer.MAX_VALUE);
    assertThat(memory.takeTemplate(Integer.MAX_VALUE)).isTrue();
  }
}
