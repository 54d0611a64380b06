package io.mailraft.queue.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.api.log.Entry;
import io.mailraft.api.log.Record;
import io.mailraft.api.log.SetDocument;
import io.mailraft.queue.raft.Answer;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.MemoryStore;
import io.mailraft.queue.store.Position;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class DocumentFoldTest {
  private ControlFold fold = new ControlFold();
  private final MemoryStore store = new MemoryStore(fold.tables());
  private long index = 10;

  DocumentFoldTest() {
    fold.load(store);
  }

  private List<Answer> apply(SetDocument.Builder... records) {
    Entry.Builder entry = Entry.newBuilder();
    for (SetDocument.Builder record : records) {
      entry.addRecords(Record.newBuilder().setSetDocument(record));
    }
    Position at = new Position(1, ++index, index * 1000);
    Batch batch = store.begin();
    List<Answer> answers = fold.apply(entry.build(), at, batch);
    store.commit(batch, at);
    fold.applied(at);
    return answers;
  }

  private static SetDocument.Builder set(long expected, String yaml) {
    return SetDocument.newBuilder()
        .setExpectedVersion(expected)
        .setYaml(yaml)
        .setAuthor("ann")
        .setKeep(100);
  }

  private ClusterDocument present() {
    return fold.current().document();
  }

  private Optional<ClusterDocument> version(long version) {
    return new DocumentHistory(store).version(version);
  }

  private List<Long> versions() {
    return new DocumentHistory(store)
        .versions().stream().map(DocumentHistory.Version::version).toList();
  }

  private void loadAnew() {
    fold = new ControlFold();
    fold.load(store);
  }

  @Test
  void aDocumentReplacesTheVersionThatItsAuthorSawAndNoOther() {
    assertThat(apply(set(0, "a"))).containsExactly(new Answer.Accepted(11, 1));
    assertThat(apply(set(0, "b")).getFirst())
        .isEqualTo(new Answer.Refused(12, "the cluster document is at version 1, not 0"));
    assertThat(apply(set(2, "b")).getFirst()).isInstanceOf(Answer.Refused.class);
    assertThat(apply(set(1, "b"))).containsExactly(new Answer.Accepted(14, 2));
    assertThat(present().yaml()).isEqualTo("b");
  }

  @Test
  void ofTwoInOneEntryThatSawTheSameVersionTheFirstWins() {
    apply(set(0, "a"));
    assertThat(apply(set(1, "b"), set(1, "c")))
        .satisfiesExactly(
            first -> assertThat(first).isEqualTo(new Answer.Accepted(12, 2)),
            second -> assertThat(second).isInstanceOf(Answer.Refused.class));
    assertThat(present().yaml()).isEqualTo("b");
    assertThat(versions()).containsExactly(2L, 1L);
  }

  @Test
  void aVersionHasItsTextAuthorTimeCommentAndStandingOrders() {
    apply(set(0, "a: \u00fc").setComment("first").putReroutes("old", "bulk").putReroutes("b", "c"));
    apply(set(1, "b").setAuthor("bob"));
    ClusterDocument first =
        new ClusterDocument(
            1, "a: \u00fc", "ann", 11_000, "first", Map.of("b", "c", "old", "bulk"));
    ClusterDocument second = new ClusterDocument(2, "b", "bob", 12_000);
    assertThat(present()).isEqualTo(second);
    assertThat(version(1)).contains(first);
    assertThat(version(2)).contains(second);
    assertThat(version(3)).isEmpty();
    assertThat(version(0)).isEmpty();
    assertThat(new DocumentHistory(store).versions())
        .containsExactly(
            new DocumentHistory.Version(2, "bob", 12_000, "", 1),
            new DocumentHistory.Version(1, "ann", 11_000, "first", 5));
  }

  @Test
  void ordersStandUntilARecordLeavesThemOut() {
    apply(set(0, "a").putReroutes("old", "bulk"));
    assertThat(present().reroutes()).isEqualTo(Map.of("old", "bulk"));
    loadAnew();
    assertThat(present().reroutes()).isEqualTo(Map.of("old", "bulk"));
    apply(set(1, "b"));
    assertThat(present().reroutes()).isEmpty();
  }

  @Test
  void asManyVersionsAreKeptAsTheRecordSays() {
    apply(set(0, "1"));
    for (int version = 2; version <= 10; version++) {
      apply(set(version - 1, String.valueOf(version)).setKeep(4));
    }
    assertThat(versions()).containsExactly(10L, 9L, 8L, 7L);
    assertThat(version(6)).isEmpty();
    apply(set(10, "11").setKeep(6));
    assertThat(versions()).containsExactly(11L, 10L, 9L, 8L, 7L);
    apply(set(11, "12").setKeep(2));
    assertThat(versions()).containsExactly(12L, 11L);
    apply(set(12, "13").setKeep(1));
    assertThat(versions()).containsExactly(13L);
    assertThat(version(13).map(ClusterDocument::yaml)).contains("13");
  }

  @Test
  void severalVersionsOfOneEntryAreTrimmedToo() {
    apply(set(0, "1"), set(1, "2"), set(2, "3"), set(3, "4").setKeep(2));
    assertThat(versions()).containsExactly(4L, 3L);
    apply(set(4, "5"), set(5, "6").setKeep(1));
    assertThat(versions()).containsExactly(6L);
  }

  @Test
  void aRecordOfAnOlderBuildKeepsNoHistoryAsItNeverDid() {
    apply(set(0, "1").setKeep(0));
    apply(set(1, "2").setKeep(0));
    assertThat(versions()).containsExactly(2L);
    apply(set(2, "3"));
    assertThat(versions()).containsExactly(3L, 2L);
    loadAnew();
    apply(set(3, "4").setKeep(2));
    assertThat(versions()).containsExactly(4L, 3L);
  }

  @Test
  void whatIsKeptIsThereAfterALoadAndTrimmedAfterIt() {
    IntStream.range(0, 5).forEach(version -> apply(set(version, "v" + version)));
    ClusterDocument before = present();
    loadAnew();
    assertThat(present()).isEqualTo(before);
    assertThat(versions()).containsExactly(5L, 4L, 3L, 2L, 1L);
    apply(set(5, "v5").setKeep(3));
    assertThat(versions()).containsExactly(6L, 5L, 4L);
  }

  @Test
  void aRecordThatComesAgainGivesTheSameAnswerAndChangesNothing() {
    SetDocument.Builder record = set(0, "a").setToken(77);
    apply(record);
    assertThat(apply(record)).containsExactly(new Answer.Accepted(12, 1));
    apply(set(1, "b").setToken(78));
    // The leader was lost, another operator came in between, and only then the repeat.
    assertThat(apply(record)).containsExactly(new Answer.Accepted(14, 1));
    loadAnew();
    assertThat(apply(record)).containsExactly(new Answer.Accepted(15, 1));
    assertThat(present().yaml()).isEqualTo("b");
    assertThat(versions()).containsExactly(2L, 1L);
  }

  @Test
  void withoutATokenARepeatIsAConflict() {
    apply(set(0, "a"));
    assertThat(apply(set(0, "a")).getFirst()).isInstanceOf(Answer.Refused.class);
  }

  @Test
  void i8_replicasThatLoadAtAnyEntryHoldTheSameRows() {
    long seed = Long.getLong("mailraft.seed", 20_261_206L);
    Random random = new Random(seed);
    ControlFold other = new ControlFold();
    MemoryStore otherStore = new MemoryStore(other.tables());
    other.load(otherStore);
    for (int round = 0; round < 400; round++) {
      Entry.Builder entry = Entry.newBuilder();
      for (int i = random.nextInt(4); i >= 0; i--) {
        entry.addRecords(
            Record.newBuilder()
                .setSetDocument(
                    set(
                            Math.max(0, present().version() + i - random.nextInt(4)),
                            "text " + random.nextInt())
                        .setKeep(random.nextInt(6))
                        .setToken(random.nextInt(3))
                        .putReroutes("z" + random.nextInt(3), "default")
                        .putReroutes("a" + random.nextInt(3), "default")));
      }
      Position at = new Position(1, ++index, index);
      for (MemoryStore each : List.of(store, otherStore)) {
        ControlFold folding = each == store ? fold : other;
        Batch batch = each.begin();
        folding.apply(entry.build(), at, batch);
        each.commit(batch, at);
        folding.applied(at);
      }
      if (random.nextInt(5) == 0) {
        loadAnew();
      }
      assertThat(rows(store)).as("seed %s, round %s", seed, round).isEqualTo(rows(otherStore));
      assertThat(versions())
          .isEqualTo(
              LongStream.iterate(present().version(), version -> version > 0, v -> v - 1)
                  .limit(versions().size())
                  .boxed()
                  .toList());
    }
    assertThat(present().version()).isGreaterThan(100);
  }

  private static List<String> rows(MemoryStore store) {
    List<String> rows = new ArrayList<>();
    store.scan(
        DocumentRow.TABLE,
        new byte[0],
        new byte[] {(byte) 0xff},
        (key, value) -> {
          rows.add(HexFormat.of().formatHex(key) + HexFormat.of().formatHex(value));
          return true;
        });
    return rows;
  }
}
