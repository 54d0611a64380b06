package io.mailraft.queue.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.api.log.Entry;
import io.mailraft.api.log.NodeAddresses;
import io.mailraft.api.log.Record;
import io.mailraft.api.log.ResumeZone;
import io.mailraft.api.log.SuspendZone;
import io.mailraft.config.ClusterYaml;
import io.mailraft.queue.raft.Answer;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.MemoryStore;
import io.mailraft.queue.store.Position;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Suspended zones are kept by the control group (I10). */
class SuspensionFoldTest {
  private ControlFold fold = new ControlFold();
  private final MemoryStore store = new MemoryStore(fold.tables());
  private long index = 10;

  SuspensionFoldTest() {
    fold.load(store);
  }

  private Answer apply(Record.Builder record) {
    Position at = new Position(1, ++index, index * 1000);
    Batch batch = store.begin();
    List<Answer> answers = fold.apply(Entry.newBuilder().addRecords(record).build(), at, batch);
    store.commit(batch, at);
    fold.applied(at);
    return answers.getFirst();
  }

  private Answer suspend(String zone, String author, String reason) {
    return apply(
        Record.newBuilder()
            .setSuspendZone(
                SuspendZone.newBuilder().setZone(zone).setAuthor(author).setReason(reason)));
  }

  private Answer resume(String zone) {
    return apply(Record.newBuilder().setResumeZone(ResumeZone.newBuilder().setZone(zone)));
  }

  @Test
  void i10_a_suspension_is_kept_with_who_why_and_when_through_a_restart() {
    assertThat(suspend("bulk", "ann", "complaints")).isEqualTo(new Answer.Accepted(11, 1));
    Map<String, Suspension> kept = Map.of("bulk", new Suspension("ann", "complaints", 11_000));
    assertThat(fold.current().suspensions()).isEqualTo(kept);
    fold = new ControlFold();
    fold.load(store);
    assertThat(fold.current().suspensions()).isEqualTo(kept);
  }

  @Test
  void the_first_order_stands_and_a_repeat_changes_nothing() {
    suspend("bulk", "ann", "complaints");
    assertThat(suspend("bulk", "bob", "other")).isEqualTo(new Answer.Accepted(12, 0));
    assertThat(fold.current().suspensions().get("bulk"))
        .isEqualTo(new Suspension("ann", "complaints", 11_000));
    assertThat(resume("bulk")).isEqualTo(new Answer.Accepted(13, 1));
    assertThat(resume("bulk")).isEqualTo(new Answer.Accepted(14, 0));
    assertThat(fold.current().suspensions()).isEmpty();
    fold = new ControlFold();
    fold.load(store);
    assertThat(fold.current().suspensions()).isEmpty();
  }

  @Test
  void there_is_a_most_of_suspensions() {
    for (int n = 0; n < SuspensionFold.SUSPENSIONS_MAX; n++) {
      assertThat(suspend("z" + n, "ann", "test")).isInstanceOf(Answer.Accepted.class);
    }
    assertThat(suspend("one-more", "ann", "test"))
        .isEqualTo(new Answer.Refused(index, "10000 zones are suspended, there can be no more"));
    assertThat(fold.current().suspensions()).hasSize(SuspensionFold.SUSPENSIONS_MAX);
  }

  @Test
  void nobody_serves_a_suspended_zone() throws Exception {
    NodeEntry node = new NodeEntry(0, "n1", 1, 5, NodeAddresses.getDefaultInstance());
    ControlView view =
        new ControlView(
            9,
            Map.of("n1", node),
            ClusterDocument.NONE,
            Map.of("bulk", new Suspension("ann", "test", 1)),
            0);
    Assignments assignments =
        Assignments.of(view, ClusterYaml.parse("zones: { bulk: {}, news: {} }", "test"));
    assertThat(assignments.share("bulk", "n1")).isEmpty();
    assertThat(assignments.share("news", "n1")).isPresent();
  }
}
