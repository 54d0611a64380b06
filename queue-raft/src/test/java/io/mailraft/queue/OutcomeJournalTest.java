package io.mailraft.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.api.log.Outcome;
import io.mailraft.api.log.OutcomeKind;
import io.mailraft.api.log.Outcomes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutcomeJournalTest {
  @TempDir private Path directory;

  private Path file() {
    return directory.resolve("outcomes");
  }

  private static Outcomes outcome(int number) {
    return Outcomes.newBuilder()
        .setNode(1)
        .setEpoch(5)
        .addOutcomes(
            Outcome.newBuilder()
                .setId(new MessageId(number, 0).toByteString())
                .setSeq(1)
                .setKind(OutcomeKind.DELIVERED)
                .setReply("250 2.0.0 OK"))
        .build();
  }

  @Test
  void i6_anOutcomeThatWasNotConfirmedIsThereInTheNextProcess() throws IOException {
    OutcomeJournal before = new OutcomeJournal(file());
    long first = before.append(outcome(1));
    before.append(outcome(2));
    before.strike(first);
    // No close: the process was killed.
    OutcomeJournal after = new OutcomeJournal(file());
    assertThat(after.open().values()).contains(outcome(2));
    after.close();
    before.close();
  }

  @Test
  void i6_aTornTailCostsOnlyTheTornOutcome() throws IOException {
    try (OutcomeJournal before = new OutcomeJournal(file())) {
      before.append(outcome(1));
      before.append(outcome(2));
    }
    byte[] bytes = Files.readAllBytes(file());
    for (int cut = 0; cut < bytes.length; cut++) {
      Files.write(file(), Arrays.copyOf(bytes, cut));
      try (OutcomeJournal after = new OutcomeJournal(file())) {
        List<Outcomes> expected = new ArrayList<>();
        if (cut >= bytes.length / 2) {
          expected.add(outcome(1));
        }
        assertThat(after.open().values()).as("cut at %d", cut).containsExactlyElementsOf(expected);
      }
    }
  }

  @Test
  void aFlippedBitEndsTheReadingBeforeIt() throws IOException {
    try (OutcomeJournal before = new OutcomeJournal(file())) {
      before.append(outcome(1));
      before.append(outcome(2));
    }
    byte[] bytes = Files.readAllBytes(file());
    bytes[bytes.length - 1] ^= 1;
    Files.write(file(), bytes);
    try (OutcomeJournal after = new OutcomeJournal(file())) {
      assertThat(after.open().values()).containsExactly(outcome(1));
    }
  }

  @Test
  void i6_zerosThatAPowerCutLeavesInPlaceOfTheTailAreNoOutcomes() throws IOException {
    try (OutcomeJournal before = new OutcomeJournal(file())) {
      before.append(outcome(1));
      before.append(outcome(2));
    }
    byte[] bytes = Files.readAllBytes(file());
    for (int from = 0; from <= bytes.length; from++) {
      byte[] zeroed = Arrays.copyOf(Arrays.copyOf(bytes, from), bytes.length + 100);
      Files.write(file(), zeroed);
      List<Outcomes> expected = new ArrayList<>();
      if (from >= bytes.length / 2) {
        expected.add(outcome(1));
      }
      if (from == bytes.length) {
        expected.add(outcome(2));
      }
      try (OutcomeJournal after = new OutcomeJournal(file())) {
        assertThat(after.open().values())
            .as("zeros from %d on", from)
            .containsExactlyElementsOf(expected);
      }
    }
  }

  @Test
  void theFileStaysSmallWhileOutcomesComeAndGo() throws IOException {
    try (OutcomeJournal journal = new OutcomeJournal(file())) {
      long kept = journal.append(outcome(0));
      for (int i = 1; i < 200_000; i++) {
        journal.strike(journal.append(outcome(i)));
      }
      assertThat(Files.size(file())).isLessThanOrEqualTo(OutcomeJournal.REWRITE_BYTES);
      assertThat(journal.open()).containsOnlyKeys(kept);
    }
    try (OutcomeJournal after = new OutcomeJournal(file())) {
      assertThat(after.open().values()).contains(outcome(0));
    }
  }

  /** What tells the file that is there from the one that was there before. */
  private Object identity() throws IOException {
    return Files.readAttributes(file(), BasicFileAttributes.class).fileKey();
  }

  /** Opens outcomes of so many bytes; the journal's file is at least as large. */
  private static void open(OutcomeJournal journal, long bytes) {
    long each = outcome(1).getSerializedSize();
    for (int i = 0; i <= bytes / each; i++) {
      journal.append(outcome(i));
    }
  }

  @Test
  void whileManyOutcomesAreOpenTheFileIsNotMadeAnewForEachThatComesAndGoes() throws IOException {
    try (OutcomeJournal journal = new OutcomeJournal(file())) {
      open(journal, OutcomeJournal.REWRITE_BYTES);
      int rewrites = 0;
      Object before = identity();
      for (int i = 0; i < 200; i++) {
        journal.strike(journal.append(outcome(i)));
        Object after = identity();
        rewrites += after.equals(before) ? 0 : 1;
        before = after;
      }
      assertThat(rewrites).isLessThanOrEqualTo(1);
    }
  }

  @Test
  void aFileThatCannotBeMadeAnewIsTriedAgainOnceItHasGrown() throws IOException {
    try (OutcomeJournal journal = new OutcomeJournal(file())) {
      // In the way of the second file.
      Path obstacle = Files.createDirectory(directory.resolve("outcomes.new"));
      Path inside = Files.createFile(obstacle.resolve("in it"));
      Object before = identity();
      while (Files.size(file()) < OutcomeJournal.REWRITE_BYTES) {
        journal.strike(journal.append(outcome(1)));
      }
      Files.delete(inside);
      Files.delete(obstacle);
      journal.strike(journal.append(outcome(1)));
      assertThat(identity()).as("not tried with each outcome").isEqualTo(before);
      while (Files.size(file()) >= OutcomeJournal.REWRITE_BYTES / 8) {
        journal.strike(journal.append(outcome(1)));
        assertThat(Files.size(file())).isLessThan(2 * OutcomeJournal.REWRITE_BYTES);
      }
      assertThat(identity()).isNotEqualTo(before);
    }
  }

  @Test
  void i6_aWriterThatIsInterruptedDoesNotCloseTheJournal() throws Exception {
    try (OutcomeJournal journal = new OutcomeJournal(file())) {
      Thread interrupted =
          Thread.ofVirtual()
              .start(
                  () -> {
                    Thread.currentThread().interrupt();
                    journal.append(outcome(1));
                  });
      interrupted.join();
      journal.append(outcome(2));
      try (OutcomeJournal after = new OutcomeJournal(file())) {
        assertThat(after.open().values()).containsExactly(outcome(1), outcome(2));
      }
    }
  }
}
