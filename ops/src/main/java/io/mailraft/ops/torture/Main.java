package io.mailraft.ops.torture;

import io.mailraft.ops.torture.plant.Plant;
import java.io.PrintWriter;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The program behind {@code torture/run}. */
@Command(
    name = "torture/run",
    description = {
      "Starts a cluster on this machine, hands in mail at all nodes, does what its seed says to",
      "the nodes, and checks that nothing was lost, altered, made up, or doubled without a cause.",
      "Ends with 0 if all is as it must be, 1 if not."
    },
    mixinStandardHelpOptions = true)
public final class Main implements Callable<Integer> {
  private static final int EXIT_NOT_SO = 1;
  private static final int EXIT_INTERNAL = 70;

  /** Of the mail, where a plan is not made from a seed. */
  private static final long PLAN_SEED = 7;

  private static final int SECONDS_MAX = 24 * 60 * 60;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "What all is made from; without it a random one, which is printed.")
  private Optional<Long> seed = Optional.empty();

  @Option(
      names = "--minutes",
      paramLabel = "M",
      description = "How long faults go on, 1 to " + SECONDS_MAX / 60 + " (default: 1).")
  private Optional<Integer> minutes = Optional.empty();

  @Option(
      names = "--seconds",
      paramLabel = "S",
      description = "The same in seconds, 1 to " + SECONDS_MAX + ".")
  private Optional<Integer> seconds = Optional.empty();

  @Option(
      names = "--nodes",
      paramLabel = "N",
      defaultValue = "3",
      description = "3 or 5 (default: ${DEFAULT-VALUE}).")
  private int nodes;

  @Option(
      names = "--shards",
      paramLabel = "N",
      defaultValue = "1",
      description = "1 or 3 (default: ${DEFAULT-VALUE}).")
  private int shards;

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "60",
      description =
          "Messages a second, at most (default: ${DEFAULT-VALUE}). A run has at most "
              + Book.MESSAGES_MAX
              + " messages: seconds times rate.")
  private int rate;

  @Option(
      names = "--faults",
      paramLabel = "LIST",
      description = "Which faults, separated by commas; without it all that can be done here.")
  private Optional<String> faults = Optional.empty();

  @Option(
      names = "--plant",
      paramLabel = "NAME",
      description = {
        "Plants a bug in every node, which the checks must catch. With it alone the run does what",
        "brings that bug to light; with a seed, a time or faults what those say."
      })
  private Optional<String> plant = Optional.empty();

  @Option(names = "--plan", description = "Print the plan, and do nothing.")
  private boolean planOnly;

  @Spec private CommandSpec spec = CommandSpec.create();

  private Main() {}

  /** Does one run and ends the process with its result. */
  public static void main(String[] args) {
    if (System.getProperty("logback.configurationFile") == null) {
      System.setProperty("logback.configurationFile", "io/mailraft/ops/logback.xml");
    }
    // Nothing may outlive the run.
    System.exit(
        run(
            new PrintWriter(System.out, true, System.out.charset()),
            new PrintWriter(System.err, true, System.err.charset()),
            args));
  }

  static int run(PrintWriter out, PrintWriter err, String... args) {
    CommandLine line = new CommandLine(new Main());
    line.setOut(out);
    line.setErr(err);
    line.setExecutionExceptionHandler(
        (problem, of, parsed) -> {
          err.println("torture/run: " + problem);
          for (StackTraceElement at : problem.getStackTrace()) {
            err.println("  at " + at);
          }
          return EXIT_INTERNAL;
        });
    return line.execute(args);
  }

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    Options options = options();
    if (planOnly) {
      options.toBeDone().rounds().forEach(out::println);
      return 0;
    }
    Result result = Run.perform(options, out::println);
    out.println();
    result.lines().forEach(out::println);
    return result.findings().isEmpty() ? 0 : EXIT_NOT_SO;
  }

  /** All faults that this machine can do; the others are named on stderr, with the reason. */
  private Set<Fault> possible() throws InterruptedException {
    EnumSet<Fault> found = EnumSet.noneOf(Fault.class);
    for (Fault fault : Fault.values()) {
      Optional<String> reason = Ground.unavailable(fault);
      if (reason.isEmpty()) {
        found.add(fault);
      } else {
        spec.commandLine().getErr().println("without " + fault.word() + ": " + reason.get());
      }
    }
    return found;
  }

  private Options options() throws InterruptedException {
    int time = seconds.orElseGet(() -> minutes.orElse(1) * 60);
    if (time < 1
        || time > SECONDS_MAX
        || (nodes != 3 && nodes != 5)
        || (shards != 1 && shards != 3)) {
      throw new ParameterException(
          spec.commandLine(),
          "--nodes is 3 or 5, --shards 1 or 3, and the time 1 to " + SECONDS_MAX + " seconds");
    }
    try {
      if (plant.isPresent()
          && Stream.of(seed, minutes, seconds, faults).allMatch(Optional::isEmpty)) {
        Plant bug = Plant.parse(plant.get());
        return Options.ofPlan(PLAN_SEED, Provocation.of(bug).plan()).withPlant(bug);
      }
      Set<Fault> wanted = faults.isPresent() ? Fault.parse(faults.get()) : possible();
      Options options =
          Options.ofSeed(
              seed.orElseGet(() -> ThreadLocalRandom.current().nextLong(1, 1_000_000)),
              nodes,
              shards,
              time,
              wanted,
              rate);
      return plant.map(Plant::parse).map(options::withPlant).orElse(options);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }
}
