package io.mailraft.ops.chaos;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * One node of a cluster on this machine: an operating system process, or the place of one that was
 * stopped. Methods may be called from any thread, one after another.
 */
public final class NodeProcess {
  private static final int READY_LINE_CHARACTERS_MAX = 4096;
  private static final Duration DEATH_TIME_MAX = Duration.ofSeconds(20);

  /** The ports that a node listens on. */
  record Listening(int smtp, int http, int admin, int raft) {}

  private final String id;
  private final Listening listening;
  private final Path configFile;
  private final Path logs;
  private final Launcher launcher;
  private final List<String> javaOptions;
  private final NodePlace place;
  private Optional<Process> process = Optional.empty();
  private CompletableFuture<String> readyLine = new CompletableFuture<>();
  private boolean paused;
  private int starts;

  NodeProcess(
      String id,
      Listening listening,
      Path configFile,
      Path logs,
      Launcher launcher,
      List<String> javaOptions,
      NodePlace place) {
    this.id = id;
    this.listening = listening;
    this.configFile = configFile;
    this.logs = logs;
    this.launcher = launcher;
    this.javaOptions = Stream.concat(javaOptions.stream(), place.javaOptions().stream()).toList();
    this.place = place;
  }

  /** The node's name in the cluster. */
  public String id() {
    return id;
  }

  /** Where it takes mail. */
  public InetSocketAddress smtp() {
    return at(place.address(), listening.smtp());
  }

  /** Where it serves health and metrics. */
  public InetSocketAddress http() {
    return at(place.address(), listening.http());
  }

  /** Where this process reaches its admin API. */
  public InetSocketAddress admin() {
    return at(place.loopback(), listening.admin());
  }

  /** Where other nodes reach it. */
  public InetSocketAddress raft() {
    return at(place.address(), listening.raft());
  }

  /** Where and how it runs. */
  public NodePlace place() {
    return place;
  }

  /** Where its data is. */
  public Path dataDirectory() {
    return place.dataDirectory().orElseGet(() -> logs.resolve(id));
  }

  /** Its config file. */
  public Path configFile() {
    return configFile;
  }

  /** What it wrote to stderr over all its starts. */
  public Path errorLog() {
    return logs.resolve(id + ".err");
  }

  /** What it wrote to stdout over all its starts. */
  public Path outputLog() {
    return logs.resolve(id + ".out");
  }

  /**
   * Starts the process; does not wait until it is ready.
   *
   * @throws IllegalStateException if it runs already
   */
  public synchronized void start() throws IOException {
    if (isAlive()) {
      throw new IllegalStateException(id + " runs already");
    }
    ProcessBuilder builder = launcher.launch(configFile, javaOptions);
    builder.command(Stream.concat(place.prefix().stream(), builder.command().stream()).toList());
    builder.environment().putAll(place.environment());
    builder.redirectError(ProcessBuilder.Redirect.appendTo(errorLog().toFile()));
    BufferedWriter copy =
        Files.newBufferedWriter(outputLog(), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    Process started;
    try {
      started = builder.start();
    } catch (IOException e) {
      copy.close();
      throw e;
    }
    process = Optional.of(started);
    paused = false;
    starts++;
    CompletableFuture<String> ready = new CompletableFuture<>();
    readyLine = ready;
    // A platform thread: to read a pipe keeps hold of a carrier, of which a machine of two cores
    // has fewer than a cluster has nodes, and then no virtual thread of this process runs.
    Thread.ofPlatform()
        .daemon()
        .name("stdout-" + id + "-" + starts)
        .start(() -> readOutput(started.inputReader(), copy, ready));
  }

  /**
   * The program that runs this node, with another command than start, in the same place; not yet
   * started.
   */
  public ProcessBuilder operate(String... command) {
    ProcessBuilder builder = launcher.launch(configFile, javaOptions);
    List<String> line = new ArrayList<>(place.prefix());
    line.add(builder.command().getFirst());
    line.addAll(List.of(command));
    builder.environment().putAll(place.environment());
    return builder.command(line);
  }

  private void readOutput(
      BufferedReader output, BufferedWriter copy, CompletableFuture<String> ready) {
    try (output;
        copy) {
      String line = output.readLine();
      while (line != null) {
        copy.write(line);
        copy.newLine();
        copy.flush();
        if (line.startsWith("mailraft " + id + " ready: ")
            && line.length() <= READY_LINE_CHARACTERS_MAX) {
          ready.complete(line);
        }
        line = output.readLine();
      }
      ready.completeExceptionally(
          new IOException(id + " ended before it was ready; see " + errorLog()));
    } catch (IOException | UncheckedIOException e) {
      ready.completeExceptionally(e);
    }
  }

  /**
   * Waits for the line that says where the node listens, and returns it.
   *
   * @throws IOException if the node ended before
   * @throws TimeoutException if it said nothing within the bound
   */
  public String awaitReadyLine(Duration bound)
      throws IOException, InterruptedException, TimeoutException {
    CompletableFuture<String> ready;
    synchronized (this) {
      ready = readyLine;
    }
    try {
      return ready.get(bound.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw new IOException(id + " was not ready; see " + errorLog(), e);
    } catch (TimeoutException e) {
      throw new TimeoutException(
          id + " was not ready within " + bound.toMillis() + " ms; see " + errorLog());
    }
  }

  /** Whether the process exists, frozen or not. */
  public synchronized boolean isAlive() {
    return process.isPresent() && process.get().isAlive();
  }

  /** Whether the process exists and is not frozen. */
  public synchronized boolean isRunning() {
    return isAlive() && !paused;
  }

  /** Ends the process at once with SIGKILL, and waits until it is gone. */
  public synchronized void kill() throws InterruptedException {
    if (process.isPresent()) {
      process.get().toHandle().destroyForcibly();
      awaitDeath(DEATH_TIME_MAX);
    }
  }

  /**
   * Asks the process to end with SIGTERM and returns its exit code.
   *
   * @throws TimeoutException if it has not ended within the bound; it is killed then
   */
  public synchronized int stop(Duration bound) throws InterruptedException, TimeoutException {
    Process running = process.orElseThrow(() -> new IllegalStateException(id + " was not started"));
    running.toHandle().destroy();
    if (!running.waitFor(bound.toNanos(), TimeUnit.NANOSECONDS)) {
      kill();
      throw new TimeoutException(
          id + " did not end within " + bound.toMillis() + " ms of SIGTERM; see " + errorLog());
    }
    return running.exitValue();
  }

  /** Waits for an end that comes without our doing, and returns the exit code. */
  public int awaitExit(Duration bound) throws InterruptedException, TimeoutException {
    Process running;
    synchronized (this) {
      running = process.orElseThrow(() -> new IllegalStateException(id + " was not started"));
    }
    if (!running.waitFor(bound.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new TimeoutException(id + " did not end within " + bound.toMillis() + " ms");
    }
    return running.exitValue();
  }

  /**
   * The exit code of the process that ran last.
   *
   * @throws IllegalThreadStateException if it still runs
   */
  public synchronized int exitCode() {
    return process
        .orElseThrow(() -> new IllegalStateException(id + " was not started"))
        .exitValue();
  }

  /** Freezes the process with SIGSTOP. */
  public synchronized void pause() throws IOException, InterruptedException {
    signal("STOP");
    paused = true;
  }

  /** Lets a frozen process go on with SIGCONT. */
  public synchronized void resume() throws IOException, InterruptedException {
    signal("CONT");
    paused = false;
  }

  /** The process id, while there is a process. */
  public synchronized long pid() {
    return process.orElseThrow(() -> new IllegalStateException(id + " was not started")).pid();
  }

  private void signal(String name) throws IOException, InterruptedException {
    if (!isAlive()) {
      throw new IllegalStateException(id + " does not run");
    }
    // The shell's own kill: the program of that name is not on every Debian.
    Process shell =
        new ProcessBuilder("/bin/sh", "-c", "kill -" + name + " " + pid())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (shell.waitFor() != 0) {
      throw new IOException("cannot send SIG" + name + " to " + id);
    }
  }

  private void awaitDeath(Duration bound) throws InterruptedException {
    if (!process.orElseThrow().waitFor(bound.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new IllegalStateException(id + " survived SIGKILL for " + bound.toSeconds() + " s");
    }
  }

  private static InetSocketAddress at(String address, int port) {
    return new InetSocketAddress(InetAddress.ofLiteral(address), port);
  }
}
