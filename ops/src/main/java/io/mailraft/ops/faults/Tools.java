package io.mailraft.ops.faults;

import java.io.File;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The system's own programs, run one at a time. */
final class Tools {
  private static final Duration RUN_TIME_MAX = Duration.ofSeconds(60);

  /** Where administration programs are, also where the path of this user leaves them out. */
  private static final List<String> PLACES = List.of("/usr/sbin", "/sbin", "/usr/bin", "/bin");

  private Tools() {}

  /** Why these programs cannot be used by this user, or empty if they can. */
  static Optional<String> unavailable(String... programs) {
    if (!System.getProperty("os.name").equals("Linux")) {
      return Optional.of("needs Linux");
    }
    if (!isRoot()) {
      return Optional.of("needs root");
    }
    return Arrays.stream(programs)
        .filter(program -> find(program).isEmpty())
        .findFirst()
        .map(program -> "needs the program " + program);
  }

  private static boolean isRoot() {
    try {
      return Files.readAllLines(Path.of("/proc/self/status")).stream()
          .anyMatch(line -> line.matches("Uid:\\s+\\d+\\s+0\\s.*"));
    } catch (IOException e) {
      // Without /proc nothing of this package works; that is what the caller asks.
      return false;
    }
  }

  private static Optional<String> find(String program) {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return Stream.concat(Arrays.stream(path.split(File.pathSeparator, -1)), PLACES.stream())
        .filter(place -> !place.isEmpty())
        .map(place -> Path.of(place, program))
        .filter(Files::isExecutable)
        .map(Path::toString)
        .findFirst();
  }

  /**
   * Runs a program and returns what it printed, stripped.
   *
   * @throws IOException if it is missing, does not end within a minute or ends with anything but 0
   */
  static String run(List<String> command) throws IOException {
    return run(command, "");
  }

  static String run(String... command) throws IOException {
    return run(List.of(command), "");
  }

  /** The same with something to read on its standard input. */
  static String run(List<String> command, String input) throws IOException {
    Path said = Files.createTempFile("mailraft-tool-", ".out");
    Path read = Files.createTempFile("mailraft-tool-", ".in");
    try {
      Files.writeString(read, input);
      ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(command));
      builder.command().set(0, find(command.getFirst()).orElse(command.getFirst()));
      builder.environment().put("LC_ALL", "C");
      builder.redirectErrorStream(true).redirectOutput(said.toFile()).redirectInput(read.toFile());
      Process process = builder.start();
      if (!process.waitFor(RUN_TIME_MAX.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException(
            String.join(" ", command) + " did not end in " + RUN_TIME_MAX.toSeconds() + " s");
      }
      String text = Files.readString(said, StandardCharsets.UTF_8).strip();
      if (process.exitValue() != 0) {
        throw new IOException(
            String.join(" ", command) + " ended with " + process.exitValue() + ": " + text);
      }
      return text;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted during " + String.join(" ", command));
    } finally {
      Files.deleteIfExists(said);
      Files.deleteIfExists(read);
    }
  }
}
