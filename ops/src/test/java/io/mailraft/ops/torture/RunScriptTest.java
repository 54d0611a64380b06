package io.mailraft.ops.torture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mailraft.ops.chaos.Await;
import io.mailraft.ops.faults.LoopDisk;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script {@code torture/run}, told to end in the middle. */
class RunScriptTest {
  private static final Path SCRIPT = Path.of(System.getProperty("mailraft.root"), "torture", "run");
  private static final Duration BOUND = Duration.ofSeconds(120);

  @TempDir private Path place;

  @Test
  void sigterm_ends_nodes_and_leaves_neither_mounts_nor_loop_devices_nor_files() throws Exception {
    assumeTrue(
        LoopDisk.unavailable().isEmpty(), () -> "LoopDisk " + LoopDisk.unavailable().orElse(""));
    Path said = Files.createTempFile("mailraft-run-", ".txt");
    ProcessBuilder builder =
        new ProcessBuilder(
                SCRIPT.toString(), "--seed", "1", "--seconds", "600", "--faults", "power-cut")
            .redirectErrorStream(true)
            .redirectOutput(said.toFile());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("MAILRAFT_CLASSPATH", System.getProperty("java.class.path"));
    builder.environment().put("TMPDIR", place.toString());
    Process run = builder.start();
    try {
      Await.until(
          BOUND, "the first round begins", () -> read(said).contains("round 1") || !run.isAlive());
      assertThat(processes()).as("nodes, in %s", read(said)).hasSizeGreaterThan(3);
      assertThat(loopDevices()).hasSize(3);
      run.destroy();
      assertThat(run.waitFor(BOUND.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(run.exitValue()).as(read(said)).isEqualTo(128 + 15);
      assertThat(processes()).isEmpty();
      Await.until(BOUND, "the loop devices are gone", () -> loopDevices().isEmpty());
      assertThat(Files.readString(Path.of("/proc/mounts"))).doesNotContain(place.toString());
      assertThat(place).isEmptyDirectory();
    } finally {
      run.destroyForcibly().waitFor();
      Files.delete(said);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Processes whose command line names the place. */
  private List<String> processes() throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/proc"))) {
      return all.filter(path -> path.getFileName().toString().matches("\\d+"))
          .map(process -> readIfThere(process.resolve("cmdline")))
          .filter(line -> line.contains(place.toString()))
          .toList();
    }
  }

  private static String readIfThere(Path file) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return ""; // Processes end, and devices have no file, or no longer.
    }
  }

  private List<String> loopDevices() {
    try (Stream<Path> all = Files.list(Path.of("/sys/block"))) {
      return all.map(device -> device.resolve("loop/backing_file"))
          .map(RunScriptTest::readIfThere)
          .filter(file -> file.contains(place.toString()))
          .toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
