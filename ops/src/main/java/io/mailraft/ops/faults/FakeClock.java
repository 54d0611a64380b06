package io.mailraft.ops.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A wall clock of one process that jumps when told to, by libfaketime. Monotonic time is left as it
 * is.
 *
 * <p>Two settings keep a JVM alive with version 0.9.10: that it leaves the monotonic clock alone,
 * and that its repair for old C libraries is off; with that repair every timed wait on a monitor
 * returns at once.
 */
public final class FakeClock implements AutoCloseable {
  /** Longest time after a jump in which the process may still see the time before it. */
  public static final Duration SEEN_WITHIN = Duration.ofSeconds(3);

  private static final String LIBRARY = "libfaketime.so.1";

  private final Path file;
  private Duration offset = Duration.ZERO;

  private FakeClock(Path file) {
    this.file = file;
  }

  /** Why there can be no such clock here, or empty if there can. */
  public static Optional<String> unavailable() {
    return library().isPresent() ? Optional.empty() : Optional.of("needs " + LIBRARY);
  }

  private static Optional<Path> library() {
    Path root = Path.of("/usr/lib");
    if (!Files.isDirectory(root)) {
      return Optional.empty();
    }
    try (Stream<Path> places = Files.list(root)) {
      return Stream.concat(Stream.of(root), places)
          .map(place -> place.resolve("faketime").resolve(LIBRARY))
          .filter(Files::isRegularFile)
          .findFirst();
    } catch (IOException e) {
      // What cannot be listed cannot be used either; that is what the caller asks.
      return Optional.empty();
    }
  }

  /**
   * A clock that is right until it jumps.
   *
   * @param file where its offset is kept
   */
  public static FakeClock create(Path file) throws IOException {
    FakeClock clock = new FakeClock(file);
    clock.write();
    return clock;
  }

  /** What the process needs in its environment from its start. */
  public Map<String, String> environment() {
    return Map.of(
        "LD_PRELOAD",
        library().orElseThrow(() -> new IllegalStateException("there is no " + LIBRARY)).toString(),
        "FAKETIME_TIMESTAMP_FILE",
        file.toAbsolutePath().toString(),
        "FAKETIME_CACHE_DURATION",
        "1",
        "FAKETIME_DONT_FAKE_MONOTONIC",
        "1",
        "FAKETIME_FORCE_MONOTONIC_FIX",
        "0");
  }

  /** Moves the clock by so much more; the process sees it within {@link #SEEN_WITHIN}. */
  public void jump(Duration by) throws IOException {
    offset = offset.plus(by);
    write();
  }

  /** How far the clock is from the truth. */
  public Duration offset() {
    return offset;
  }

  private void write() throws IOException {
    Path next = file.resolveSibling(file.getFileName() + ".next");
    long seconds = offset.toSeconds();
    Files.writeString(next, (seconds < 0 ? "" : "+") + seconds + "\n");
    // Renamed into place: the process must never read half a number.
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Removes the clock's file; a process that still runs goes on with the offset that it has. */
  @Override
  public void close() throws IOException {
    Files.deleteIfExists(file);
  }
}
