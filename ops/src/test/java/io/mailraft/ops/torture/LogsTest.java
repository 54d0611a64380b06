package io.mailraft.ops.torture;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogsTest {
  @TempDir private Path directory;

  @Test
  void what_cannot_be_is_found_and_what_faults_cause_is_not() throws Exception {
    Path log = directory.resolve("n1.err");
    Files.write(
        log,
        List.of(
            "2026-01-01T00:00:00.000Z WARN  i.m.q.OutcomeReporter 3 outcomes wait for shard-0",
            "Caused by: io.x.FoldException: the group shard-0 stopped before this entry",
            "Caused by: io.x.FoldException: a record of kind 99",
            "2026-01-01T00:00:01.000Z ERROR i.m.d.Endings a second outcome for Claim[n1]: x"));
    assertThat(Logs.impossible(log))
        .satisfiesExactly(
            line -> assertThat(line).contains("kind 99"),
            line -> assertThat(line).contains("a second outcome for"));
  }
}
