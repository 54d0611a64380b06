package io.mailraft.queue.throttle;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.api.link.AskSends;
import io.mailraft.api.link.SendQuestion;
import io.mailraft.api.log.GiveSends;
import io.mailraft.api.log.LeaseRef;
import io.mailraft.api.log.Record;
import io.mailraft.api.log.SendGrant;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.MemoryStore;
import io.mailraft.queue.store.Position;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class SendDeskTest {
  private long now = 1;
  private final ThrottleClock clock = new ThrottleClock(() -> now);
  private final SlotTable table = new SlotTable(clock);

  @Test
  void whatIsForgottenIsInTheLogThoughNobodyIsGivenAnything() {
    MemoryStore store = new MemoryStore(List.of(SlotTable.SLOTS, SlotTable.CLOCK));
    table.load(store);
    Batch batch = store.begin();
    table.apply(
        GiveSends.newBuilder()
            .setClockNanos(1)
            .addGrants(
                SendGrant.newBuilder()
                    .setCounter("gone.example")
                    .setFirstNanos(1)
                    .setSpacingNanos(10)
                    .setCount(3))
            .build(),
        (LeaseRef lease) -> true,
        batch);
    store.commit(batch, new Position(1, 1, 1));
    SendDesk desk = new SendDesk(table, clock, counter -> Optional.empty());
    now += Duration.ofMinutes(2).toNanos();
    desk.ask(
        AskSends.newBuilder()
            .setNode(1)
            .setEpoch(1)
            .addQuestions(
                SendQuestion.newBuilder().setCounter("free.example").setQuestion(1).setSends(1))
            .build(),
        now);
    Optional<Record> decision = desk.decide(now);
    assertThat(decision).isPresent();
    assertThat(decision.orElseThrow().getGiveSends().getForgottenList())
        .containsExactly("gone.example");
  }
}
