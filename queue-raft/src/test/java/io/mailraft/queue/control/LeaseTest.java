package io.mailraft.queue.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.api.log.Entry;
import io.mailraft.api.log.JoinNode;
import io.mailraft.api.log.LapseLease;
import io.mailraft.api.log.LeaseRef;
import io.mailraft.api.log.NodeAddresses;
import io.mailraft.api.log.Record;
import io.mailraft.api.log.RenewLeases;
import io.mailraft.api.log.SetDocument;
import io.mailraft.queue.raft.Answer;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.MemoryStore;
import io.mailraft.queue.store.Position;
import org.junit.jupiter.api.Test;

class LeaseTest {
  private final ControlFold fold = new ControlFold();
  private final MemoryStore store = new MemoryStore(fold.tables());
  private long index = 10;

  LeaseTest() {
    fold.load(store);
  }

  private Answer apply(Record.Builder record) {
    Position at = new Position(1, ++index, index);
    Batch batch = store.begin();
    Answer answer = fold.apply(Entry.newBuilder().addRecords(record).build(), at, batch).getFirst();
    store.commit(batch, at);
    fold.applied(at);
    return answer;
  }

  private long join(String name, long incarnation) {
    Answer answer =
        apply(
            Record.newBuilder()
                .setJoinNode(JoinNode.newBuilder().setName(name).setIncarnation(incarnation)));
    return ((Answer.Accepted) answer).value();
  }

  private NodeEntry node(String name) {
    return fold.current().node(name).orElseThrow();
  }

  private Answer renew(int node, long epoch) {
    return apply(
        Record.newBuilder()
            .setRenew(
                RenewLeases.newBuilder()
                    .addLeases(LeaseRef.newBuilder().setNode(node).setEpoch(epoch))));
  }

  private void lapse(int node, long epoch) {
    apply(
        Record.newBuilder()
            .setLapse(
                LapseLease.newBuilder()
                    .setLease(LeaseRef.newBuilder().setNode(node).setEpoch(epoch))));
  }

  @Test
  void whatASnapshotBroughtIsAgreedOnAtALaterIndexThanItself() {
    join("a", 1);
    ControlFold other = new ControlFold();
    other.load(new MemoryStore(fold.tables()));
    other.applied(new Position(1, 5, 5));
    other.load(store);
    assertThat(other.current().nodes()).containsKey("a");
    assertThat(other.current().index()).as("not known yet").isLessThan(index);
    Position next = new Position(1, index + 1, index + 1);
    other.apply(Entry.getDefaultInstance(), next, store.begin());
    other.applied(next);
    assertThat(other.current().index()).isEqualTo(next.index());
  }

  @Test
  void nodesGetNumbersInTheOrderOfTheirFirstJoinAndKeepThem() {
    join("b", 1);
    join("a", 1);
    join("b", 2);
    assertThat(node("b").number()).isZero();
    assertThat(node("a").number()).isEqualTo(1);
  }

  @Test
  void aRepeatedJoinOfTheSameProcessGivesTheSameEpochAndTheNextProcessAGreaterOne() {
    long first = join("a", 1);
    assertThat(join("a", 1)).isEqualTo(first);
    assertThat(join("a", 2)).isGreaterThan(first);
  }

  @Test
  void i5_aLapsedLeaseCannotBeRenewedAndTheNextJoinGivesAGreaterEpoch() {
    long epoch = join("a", 1);
    assertThat(renew(0, epoch)).isInstanceOf(Answer.Accepted.class);
    lapse(0, epoch);
    assertThat(node("a").live()).isFalse();
    assertThat(renew(0, epoch)).isInstanceOf(Answer.Refused.class);
    assertThat(join("a", 1)).isGreaterThan(epoch);
  }

  @Test
  void aLateLapseOfAnOldEpochChangesNothing() {
    long old = join("a", 1);
    long epoch = join("a", 2);
    lapse(0, old);
    assertThat(node("a").epoch()).isEqualTo(epoch);
  }

  @Test
  void theDocumentIsReplacedOnlyByWhoSawItsVersion() {
    SetDocument.Builder first =
        SetDocument.newBuilder().setExpectedVersion(0).setYaml("zones: {}").setAuthor("a");
    assertThat(apply(Record.newBuilder().setSetDocument(first)))
        .isInstanceOf(Answer.Accepted.class);
    assertThat(apply(Record.newBuilder().setSetDocument(first))).isInstanceOf(Answer.Refused.class);
    assertThat(fold.current().document().version()).isEqualTo(1);
  }

  @Test
  void whatWasAgreedOnIsThereAfterALoad() {
    apply(
        Record.newBuilder()
            .setJoinNode(
                JoinNode.newBuilder()
                    .setName("a")
                    .setIncarnation(3)
                    .setAddresses(NodeAddresses.newBuilder().setAdmin("127.0.0.1:9090"))));
    apply(
        Record.newBuilder()
            .setSetDocument(SetDocument.newBuilder().setYaml("zones: {}").setAuthor("a")));
    ControlFold loaded = new ControlFold();
    loaded.load(store);
    assertThat(loaded.current().nodes()).isEqualTo(fold.current().nodes());
    assertThat(loaded.current().document()).isEqualTo(fold.current().document());
  }
}
