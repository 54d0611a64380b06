package io.mailraft.ops.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * System calls of a running process that fail or take long, by strace's fault injection.
 *
 * <p>It holds from the return of {@link #failing} or {@link #slow} until {@link #close}. The traced
 * calls, and no others, become slower by some tens of microseconds each. Calls are counted for each
 * thread of the process on its own: the third {@code fdatasync} is the third one of whichever
 * thread gets that far, so that several threads may fail once each.
 */
public final class SyscallFault implements AutoCloseable {
  private static final Pattern SYSCALLS = Pattern.compile("[a-z0-9_]+(,[a-z0-9_]+)*");
  private static final Pattern ERRNO = Pattern.compile("E[A-Z0-9]+");
  private static final Duration ATTACH_TIME_MAX = Duration.ofSeconds(20);
  private static final Duration DETACH_TIME_MAX = Duration.ofSeconds(20);

  private final Process strace;
  private final Path trace;

  private SyscallFault(Process strace, Path trace) {
    this.strace = strace;
    this.trace = trace;
  }

  /** Why faults cannot be injected on this machine; empty where they can. */
  public static Optional<String> unavailable() throws InterruptedException {
    try {
      Process tried =
          new ProcessBuilder("strace", "-o", "/dev/null", "true")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return tried.waitFor() == 0
          ? Optional.empty()
          : Optional.of("strace may not trace here: root, or ptrace, is needed");
    } catch (IOException e) {
      return Optional.of("strace is not installed: " + e.getMessage());
    }
  }

  /**
   * Lets one call of each thread fail.
   *
   * @param pid the process
   * @param syscall its name, such as {@code fdatasync}, or several with commas between them, which
   *     are counted each on its own
   * @param errno what it fails with, such as {@code EIO}
   * @param nth which call of a thread it is, from 1, counted from here on
   * @throws IOException if the process cannot be traced
   */
  public static SyscallFault failing(long pid, String syscall, String errno, int nth)
      throws IOException, InterruptedException {
    return inject(pid, syscall, "error=" + checked(ERRNO, errno) + ":when=" + positive(nth));
  }

  /** Lets every call fail from the n-th of each thread on; else as {@link #failing}. */
  public static SyscallFault failingFrom(long pid, String syscall, String errno, int nth)
      throws IOException, InterruptedException {
    return inject(pid, syscall, "error=" + checked(ERRNO, errno) + ":when=" + positive(nth) + "+");
  }

  /**
   * Lets every call begin late.
   *
   * @param by how much later, to the microsecond
   * @throws IOException if the process cannot be traced
   */
  public static SyscallFault slow(long pid, String syscall, Duration by)
      throws IOException, InterruptedException {
    return inject(pid, syscall, "delay_enter=" + positive(by.toNanos() / 1_000));
  }

  private static SyscallFault inject(long pid, String syscall, String what)
      throws IOException, InterruptedException {
    checked(SYSCALLS, syscall);
    Path trace = Files.createTempFile("mailraft-strace-", ".txt");
    Process strace =
        new ProcessBuilder(
                "strace",
                "-f",
                "-qqq",
                "-p",
                String.valueOf(pid),
                "-e",
                "trace=" + syscall,
                "-e",
                "signal=none",
                "-e",
                "inject=" + syscall + ":" + what,
                "-o",
                trace.toString())
            .redirectErrorStream(true)
            .start();
    SyscallFault fault = new SyscallFault(strace, trace);
    try {
      fault.awaitAttached(pid);
      return fault;
    } catch (IOException | InterruptedException | RuntimeException e) {
      fault.close();
      throw e;
    }
  }

  /** Every thread of the process names its tracer once strace holds it. */
  private void awaitAttached(long pid) throws IOException, InterruptedException {
    long end = System.nanoTime() + ATTACH_TIME_MAX.toNanos();
    while (!traced(pid)) {
      // The kernel tells nobody when a tracer arrives: look again in a moment.
      if (strace.waitFor(10, TimeUnit.MILLISECONDS)) {
        throw new IOException(
            "process "
                + pid
                + " cannot be traced: "
                + String.join(" ", strace.inputReader().lines().toList()));
      }
      if (System.nanoTime() - end >= 0) {
        throw new IOException("strace did not attach to process " + pid + " in time");
      }
    }
  }

  private boolean traced(long pid) throws IOException {
    Path all = Path.of("/proc", String.valueOf(pid), "task");
    if (!Files.isDirectory(all)) {
      return false;
    }
    try (Stream<Path> tasks = Files.list(all)) {
      return tasks.allMatch(this::tracedOrEnded);
    }
  }

  private boolean tracedOrEnded(Path task) {
    try {
      return Files.readString(task.resolve("status"))
          .contains("TracerPid:\t" + strace.pid() + "\n");
    } catch (IOException e) {
      // A thread can end at any moment; it needs no tracer then.
      return true;
    }
  }

  /** How many calls it has changed so far. */
  public long injected() throws IOException {
    try (Stream<String> lines = Files.lines(trace)) {
      return lines
          .filter(line -> line.contains("(INJECTED)") || line.contains("(DELAYED)"))
          .count();
    }
  }

  /** The traced calls as strace wrote them down, with the thread's id before each. */
  public List<String> calls() throws IOException {
    return Files.readAllLines(trace);
  }

  /** Lets go of the process, which works as before from here on. */
  @Override
  public void close() throws IOException {
    strace.destroy();
    boolean interrupted = false;
    try {
      if (!strace.waitFor(DETACH_TIME_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
        strace.destroyForcibly();
      }
    } catch (InterruptedException e) {
      // The process must be let go, whoever is in a hurry.
      strace.destroyForcibly();
      interrupted = true;
    }
    Files.deleteIfExists(trace);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static String checked(Pattern form, String text) {
    if (!form.matcher(text).matches()) {
      throw new IllegalArgumentException(text + " is not of the form " + form);
    }
    return text;
  }

  private static long positive(long number) {
    if (number < 1) {
      throw new IllegalArgumentException(number + " must be positive");
    }
    return number;
  }
}
