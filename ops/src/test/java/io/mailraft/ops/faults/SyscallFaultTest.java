package io.mailraft.ops.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that syncs a file whenever it is told to. */
class SyscallFaultTest {
  @TempDir private Path directory;

  @BeforeEach
  void needsStrace() throws Exception {
    Optional<String> reason = SyscallFault.unavailable();
    assumeTrue(reason.isEmpty(), () -> reason.orElse(""));
  }

  /** Python, since one process must make the calls itself. */
  private Process syncer() throws IOException {
    return new ProcessBuilder(
            "python3",
            "-c",
            """
            import os, sys
            fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
            print("up", flush=True)
            for line in sys.stdin:
                try:
                    os.fdatasync(fd)
                    print("synced", flush=True)
                except OSError as e:
                    print(e.errno, flush=True)
            """,
            directory.resolve("file").toString())
        .start();
  }

  private static String sync(Process syncer, BufferedReader answers) throws IOException {
    syncer.getOutputStream().write('\n');
    syncer.getOutputStream().flush();
    return answers.readLine();
  }

  @Test
  void theNthCallFailsAndAfterClosingNoneDoes() throws Exception {
    Process syncer = syncer();
    try {
      BufferedReader answers = syncer.inputReader();
      assertThat(answers.readLine()).isEqualTo("up");
      try (SyscallFault fault = SyscallFault.failing(syncer.pid(), "fdatasync", "EIO", 2)) {
        assertThat(sync(syncer, answers)).isEqualTo("synced");
        assertThat(sync(syncer, answers)).isEqualTo("5");
        assertThat(sync(syncer, answers)).isEqualTo("synced");
        assertThat(fault.injected()).isEqualTo(1);
      }
      assertThat(sync(syncer, answers)).isEqualTo("synced");
    } finally {
      syncer.destroyForcibly();
    }
  }

  @Test
  void aSlowCallTakesAtLeastItsDelay() throws Exception {
    Process syncer = syncer();
    try {
      BufferedReader answers = syncer.inputReader();
      assertThat(answers.readLine()).isEqualTo("up");
      try (SyscallFault fault =
          SyscallFault.slow(syncer.pid(), "fdatasync", Duration.ofMillis(200))) {
        long begin = System.nanoTime();
        assertThat(sync(syncer, answers)).isEqualTo("synced");
        assertThat(Duration.ofNanos(System.nanoTime() - begin))
            .isGreaterThan(Duration.ofMillis(199));
        assertThat(fault.injected()).isEqualTo(1);
      }
    } finally {
      syncer.destroyForcibly();
    }
  }

  @Test
  void aProcessThatIsNotThereIsNamed() {
    assertThatThrownBy(() -> SyscallFault.failing(4_194_303, "fdatasync", "EIO", 1))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> SyscallFault.failing(1, "fsync; rm", "EIO", 1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
