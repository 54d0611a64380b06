package io.mailraft.queue.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.queue.MessageId;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.MemoryStore;
import io.mailraft.queue.store.Position;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where lanes go on. */
class CursorsTest {
  private static final Lane LANE = new Lane("default", "example.com");
  private static final int ROWS = 400;

  private final MemoryStore store = new MemoryStore(Rows.ALL);
  private final CountingView counting = new CountingView(store);
  private long index;

  private static DeliveryId delivery(int number) {
    return new DeliveryId(new MessageId(1000 + number, 0), 1);
  }

  private static int number(DeliveryId delivery) {
    return (int) delivery.message().stem() - 1000;
  }

  private void queue(int number) {
    Batch batch = store.begin();
    batch.put(Rows.READY, Rows.ready(LANE, delivery(number)), new byte[0]);
    store.commit(batch, new Position(1, ++index, index));
  }

  private void claim(int number) {
    Batch batch = store.begin();
    batch.delete(Rows.READY, Rows.ready(LANE, delivery(number)));
    store.commit(batch, new Position(1, ++index, index));
  }

  private static List<Integer> numbers(List<DeliveryId> picked) {
    return picked.stream().map(CursorsTest::number).toList();
  }

  @Test
  void oneThatComesBackCostsOneRowHoweverManyWereClaimedSince() {
    Cursors cursors = new Cursors(counting);
    IntStream.range(0, ROWS).forEach(this::queue);
    assertThat(cursors.scan(LANE, ROWS, _ -> true)).hasSize(ROWS);
    // All but the first are still under way, as rows that a scan would walk over.
    claim(0);
    queue(0);
    cursors.comeBack(LANE, delivery(0));
    long before = counting.rows();
    assertThat(numbers(cursors.scan(LANE, 32, _ -> true))).containsExactly(0);
    assertThat(counting.rows() - before).isEqualTo(1);
    assertThat(cursors.scan(LANE, 32, _ -> true)).isEmpty();
  }

  @Test
  void oneThatIsGoneOrUnwantedByThenIsLeftOut() {
    Cursors cursors = new Cursors(store);
    IntStream.range(0, 3).forEach(this::queue);
    assertThat(cursors.scan(LANE, 3, _ -> true)).hasSize(3);
    IntStream.range(0, 3).forEach(number -> cursors.comeBack(LANE, delivery(number)));
    claim(1);
    assertThat(numbers(cursors.scan(LANE, 3, one -> number(one) != 0))).containsExactly(2);
    assertThat(cursors.scan(LANE, 3, _ -> true)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 1000})
  void theOldestThatWereNotPickedComeFirstWhateverComesBack(int behindMax) {
    Cursors cursors = new Cursors(store, behindMax);
    Random random = new Random(behindMax);
    TreeSet<Integer> open = new TreeSet<>();
    Set<Integer> picked = new HashSet<>();
    for (int round = 0; round < 2_000; round++) {
      int number = random.nextInt(ROWS);
      if (!open.contains(number) && !picked.contains(number)) {
        queue(number);
        open.add(number);
        cursors.comeBack(LANE, delivery(number));
      }
      List<Integer> under = new ArrayList<>(picked);
      if (!under.isEmpty() && random.nextInt(3) == 0) {
        int back = under.get(random.nextInt(under.size()));
        picked.remove(back);
        open.add(back);
        cursors.comeBack(LANE, delivery(back));
      } else if (!under.isEmpty() && random.nextInt(2) == 0) {
        int done = under.get(random.nextInt(under.size()));
        picked.remove(done);
        claim(done);
      }
      int limit = random.nextInt(4);
      if (limit > 0) {
        List<Integer> expected = open.stream().limit(limit).toList();
        assertThat(numbers(cursors.scan(LANE, limit, one -> !picked.contains(number(one)))))
            .isEqualTo(expected);
        picked.addAll(expected);
        expected.forEach(open::remove);
      }
    }
  }
}
