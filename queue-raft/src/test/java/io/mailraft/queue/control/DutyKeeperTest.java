package io.mailraft.queue.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.api.log.Entry;
import io.mailraft.api.log.JoinNode;
import io.mailraft.api.log.Record;
import io.mailraft.api.log.SetDocument;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.MemoryStore;
import io.mailraft.queue.store.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a node says of duties, and turns, which follow from the stamps of the log. */
class DutyKeeperTest {
  private static final long TURN = ControlFold.TURN.toMillis();

  private final ControlFold fold = new ControlFold();
  private final MemoryStore store = new MemoryStore(fold.tables());
  private final AtomicInteger duties = new AtomicInteger();
  private final BlockingQueue<Long> said = new LinkedBlockingQueue<>();
  private long index = 10;

  @BeforeEach
  void load() {
    fold.load(store);
  }

  private void apply(long millis, Record... records) {
    Position at = new Position(1, ++index, millis);
    Batch batch = store.begin();
    fold.apply(Entry.newBuilder().addAllRecords(List.of(records)).build(), at, batch);
    store.commit(batch, at);
    fold.applied(at);
  }

  private static Record join(String name) {
    return Record.newBuilder()
        .setJoinNode(JoinNode.newBuilder().setName(name).setIncarnation(1))
        .build();
  }

  private static Record document(long replaces, String yaml) {
    return Record.newBuilder()
        .setSetDocument(SetDocument.newBuilder().setExpectedVersion(replaces).setYaml(yaml))
        .build();
  }

  @Test
  void everyEntryOfATurnAgreesAndTheFirstOneOfTheNextIsAChange() {
    List<ControlView> heard = new ArrayList<>();
    apply(5 * TURN + 1);
    fold.onChange(heard::add);
    apply(5 * TURN + 2);
    apply(6 * TURN - 1);
    assertThat(heard).hasSize(1);
    apply(6 * TURN);
    assertThat(heard).extracting(ControlView::turn).containsExactly(5L, 6L);
    assertThat(heard.getLast().index()).isEqualTo(index);
  }

  private void awaitSaid() throws InterruptedException {
    long last = -1;
    while (last < index) {
      Long next = said.poll(30, TimeUnit.SECONDS);
      assertThat(next).as("what this node obeys, after %d", last).isNotNull();
      last = next;
    }
  }

  @Test
  void aNodeDoesNotSayThatItObeysADocumentThatItCannotRead() throws InterruptedException {
    BlockingQueue<Duties> handedOut = new LinkedBlockingQueue<>();
    try (DutyKeeper keeper = new DutyKeeper(fold, "n1", obeyer(handedOut::add), said::add)) {
      keeper.start();
      apply(TURN, join("n1"), document(0, "throttles: { gmail.com: { connections: 2 } }"));
      awaitSaid();
      handedOut.clear();
      apply(TURN, document(1, "a-section-of-a-later-version: {}"));
      Duties meanwhile = handedOut.poll(30, TimeUnit.SECONDS);
      assertThat(meanwhile).isNotNull();
      assertThat(meanwhile.version()).isEqualTo(1);
      long unread = index;
      apply(TURN, document(2, "throttles: { gmail.com: { connections: 1 } }"));
      assertThat(said.poll(30, TimeUnit.SECONDS)).isGreaterThan(unread);
    }
  }

  private static DutyKeeper.Obeyer obeyer(Consumer<Duties> takes) {
    return new DutyKeeper.Obeyer() {
      @Override
      public void obey(Duties next) {
        takes.accept(next);
      }

      @Override
      public boolean obeyed() {
        return true;
      }
    };
  }

  @Test
  void aTurnIsObeyedAndChangesDutiesOnlyWhereALimitGoesRound() throws InterruptedException {
    try (DutyKeeper keeper =
        new DutyKeeper(fold, "n1", obeyer(next -> duties.incrementAndGet()), said::add)) {
      keeper.start();
      apply(
          TURN,
          join("n1"),
          join("n2"),
          document(0, "throttles: { gmail.com: { connections: 2 } }"));
      awaitSaid();
      int before = duties.get();
      apply(2 * TURN);
      awaitSaid();
      assertThat(duties).as("enough for both").hasValue(before);
      apply(2 * TURN, document(1, "throttles: { gmail.com: { connections: 1 } }"));
      awaitSaid();
      before = duties.get();
      apply(3 * TURN);
      awaitSaid();
      assertThat(duties).hasValue(before + 1);
    }
  }
}
