package io.mailraft.node.heap;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What may be held together. */
class HeapBudgetTest {
  private static final int ALL = 4 * HeapBudget.PIECE_BYTES;

  private final HeapBudget budget = new HeapBudget(ALL);

  @Test
  void aLittleIsFreeForEach() {
    for (int i = 0; i < 100; i++) {
      assertThat(budget.share().take(HeapBudget.FREE_BYTES)).isTrue();
    }
    assertThat(budget.freeBytes()).isEqualTo(ALL);
  }

  @Test
  void i9_whatIsNotThereIsRefusedAndComesBackWithItsHolder() {
    HeapShare first = budget.share();
    HeapShare second = budget.share();
    assertThat(first.take(HeapBudget.FREE_BYTES + ALL)).isTrue();
    assertThat(second.take(HeapBudget.FREE_BYTES)).isTrue();
    assertThat(second.take(1)).isFalse();
    first.close();
    first.close();
    assertThat(budget.freeBytes()).isEqualTo(ALL);
    assertThat(second.take(1)).as("what was refused is not held").isTrue();
    assertThat(budget.freeBytes()).isEqualTo(ALL - HeapBudget.PIECE_BYTES);
    for (int i = 1; i < HeapBudget.PIECE_BYTES; i++) {
      assertThat(second.take(1)).isTrue();
    }
    assertThat(budget.freeBytes())
        .as("a piece is used up first")
        .isEqualTo(ALL - HeapBudget.PIECE_BYTES);
    assertThat(second.take(ALL)).isFalse();
    second.close();
    assertThat(budget.freeBytes()).isEqualTo(ALL);
  }
}
