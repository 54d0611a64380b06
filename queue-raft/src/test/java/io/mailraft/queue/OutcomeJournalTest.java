package io.mailraft.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.api.log.Outcome;
import io.mailraft.api.log.OutcomeKind;
import io.mailraft.api.log.Outcomes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
