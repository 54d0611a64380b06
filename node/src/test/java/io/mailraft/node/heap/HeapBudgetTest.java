package io.mailraft.node.heap;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.node.heap.HeapShare.Taking;
import org.junit.jupiter.api.Test;

/** What may be held together. */
class HeapBudgetTest {
  private static final int ALL = 4 * HeapBudget.PIECE_BYTES;

  private final HeapBudget budget = new HeapBudget(ALL);

  @Test
  void aLittleIsFreeForEach() {
    for (int i = 0; i < 100; i++) {
      assertThat(budget.share("one").take(HeapBudget.FREE_BYTES)).isEqualTo(Taking.TAKEN);
    }
    assertThat(budget.freeBytes()).isEqualTo(ALL);
  }

  @Test
  void i9_whatIsNotThereIsRefusedAndComesBackWithItsHolder() {
    HeapShare first = budget.share("first");
    HeapShare second = budget.share("second");
    HeapShare third = budget.share("third");
    assertThat(first.take(HeapBudget.FREE_BYTES + ALL / 2)).isEqualTo(Taking.TAKEN);
    assertThat(second.take(HeapBudget.FREE_BYTES + ALL / 2)).isEqualTo(Taking.TAKEN);
    assertThat(third.take(HeapBudget.FREE_BYTES)).isEqualTo(Taking.TAKEN);
    assertThat(third.take(1)).isEqualTo(Taking.NOT_NOW);
    first.close();
    first.close();
    assertThat(budget.freeBytes()).isEqualTo(ALL / 2);
    assertThat(third.take(1)).as("what was refused is not held").isEqualTo(Taking.TAKEN);
    assertThat(budget.freeBytes()).isEqualTo(ALL / 2 - HeapBudget.PIECE_BYTES);
    for (int i = 1; i < HeapBudget.PIECE_BYTES; i++) {
      assertThat(third.take(1)).isEqualTo(Taking.TAKEN);
    }
    assertThat(budget.freeBytes())
        .as("a piece is used up first")
        .isEqualTo(ALL / 2 - HeapBudget.PIECE_BYTES);
    second.close();
    third.close();
    assertThat(budget.freeBytes()).isEqualTo(ALL);
  }

  @Test
  void aClientHasHalfOfItWhateverTheNumberOfItsShares() {
    HeapShare one = budget.share("client");
    HeapShare more = budget.share("client");
    assertThat(one.take(HeapBudget.FREE_BYTES + ALL / 2 + 1)).isEqualTo(Taking.NEVER);
    assertThat(one.take(HeapBudget.FREE_BYTES + ALL / 2)).isEqualTo(Taking.TAKEN);
    assertThat(more.take(HeapBudget.FREE_BYTES + 1)).isEqualTo(Taking.NOT_NOW);
    assertThat(budget.share("other").take(HeapBudget.FREE_BYTES + 1)).isEqualTo(Taking.TAKEN);
    one.close();
    assertThat(more.take(HeapBudget.FREE_BYTES + 1)).isEqualTo(Taking.TAKEN);
  }
}
