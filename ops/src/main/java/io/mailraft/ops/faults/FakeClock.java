package io.mailraft.ops.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
  private static final Path SHARED_MEMORY = Path.of("/dev/shm");

  /** What libfaketime makes there for a process, whose id is the number. */
  private static final Pattern SHARED =
      Pattern.compile("(?:faketime_shm|sem\\.faketime_sem)_(\\d+)");

  private final Path file;
  private final FileTime made;
  private Duration offset = Duration.ZERO;

  private FakeClock(Path file) throws IOException {
    this.file = file;
    write();
    this.made = Files.getLastModifiedTime(file);
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
    return new FakeClock(file);
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

  /**
   * Removes the clock's file, and the shared memory that libfaketime leaves where a process ends by
   * SIGKILL. A process that still runs goes on with the offset that it has.
   */
  @Override
  public void close() throws IOException {
    Files.deleteIfExists(file);
    if (Files.isDirectory(SHARED_MEMORY)) {
      try (Stream<Path> shared = Files.list(SHARED_MEMORY)) {
        for (Path path : shared.toList()) {
          removeIfLeft(path);
        }
      }
    }
  }

  /** Removes what this user has made since this clock was, for a process that is gone. */
  private void removeIfLeft(Path path) throws IOException {
    Matcher name = SHARED.matcher(path.getFileName().toString());
    if (!name.matches()
        || Files.exists(Path.of("/proc", name.group(1)))
        || !Files.isWritable(path)) {
      return;
    }
    try {
      if (Files.getLastModifiedTime(path).compareTo(made) >= 0) {
        Files.delete(path);
      }
    } catch (NoSuchFileException e) {
      // Another clock was closed in the same moment.
    }
  }
}
