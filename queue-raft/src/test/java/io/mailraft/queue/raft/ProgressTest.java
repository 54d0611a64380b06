package io.mailraft.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.queue.store.Position;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Those who wait for a replica, and those who wait no more. */
class ProgressTest {
  @Test
  void who_gives_up_waiting_is_forgotten_and_the_others_are_told() {
    Progress progress = new Progress();
    CompletableFuture<Position> patient = progress.await(3);
    for (int i = 0; i < 1_000; i++) {
      progress.await(3 + i % 2).cancel(false);
    }
    assertThat(progress.waiting()).isEqualTo(1);
    progress.advance(new Position(1, 3, 0));
    progress.tell();
    assertThat(patient).isCompletedWithValue(new Position(1, 3, 0));
    assertThat(progress.waiting()).isZero();
  }
}
