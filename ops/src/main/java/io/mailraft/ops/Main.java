package io.mailraft.ops;

import io.mailraft.ops.admin.UnreachableException;
import java.io.Console;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Properties;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;

/** The operator's program: every command of {@code ./mailraft} but {@code start}. */
@Command(
    name = "mailraft",
    description = "Operates a Mailraft cluster.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      StatusCommand.class,
      RouteCommand.class,
      WhyCommand.class,
      ZoneCommand.class,
      MessageCommand.class,
      QuotaCommand.class,
      ConfigCommand.class,
      VerifyStateCommand.class,
      DemoCommand.class
    },
    footer = {"", "\"mailraft start\" runs a node; it has a --help of its own."})
public final class Main {
  /** Where what a command was asked to show is not so. */
  static final int EXIT_NOT_SO = 1;

  /** Where the node cannot be reached. */
  static final int EXIT_UNREACHABLE = 3;

  /** Where the command itself broke; the number is that of sysexits.h. */
  static final int EXIT_INTERNAL = 70;

  private static final String LOG_CONFIG = "logback.configurationFile";

  private Main() {}

  /** Runs one command and ends the process with its exit code. */
  public static void main(String[] args) {
    if (System.getProperty(LOG_CONFIG) == null) {
      System.setProperty(LOG_CONFIG, "io/mailraft/ops/logback.xml");
    }
    boolean terminal =
        Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
    // What goes to a file or another program is UTF-8 under any locale, or a document would not
    // survive "config get".
    Charset charset = terminal ? System.out.charset() : StandardCharsets.UTF_8;
    // The exit code is the command's answer, and nothing may outlive it.
    System.exit(
        run(
            new PrintWriter(System.out, true, charset),
            new PrintWriter(System.err, true, System.err.charset()),
            terminal ? Ansi.AUTO : Ansi.OFF,
            args));
  }

  static int run(PrintWriter out, PrintWriter err, Ansi ansi, String... args) {
    CommandLine line = new CommandLine(new Main());
    line.setOut(out);
    line.setErr(err);
    line.setColorScheme(CommandLine.Help.defaultColorScheme(ansi));
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setExecutionExceptionHandler(Main::explain);
    return line.execute(args);
  }

  private static int explain(Exception problem, CommandLine line, CommandLine.ParseResult parsed) {
    line.getErr().println("mailraft: " + Text.printable(String.valueOf(problem.getMessage())));
    return problem instanceof UnreachableException ? EXIT_UNREACHABLE : EXIT_INTERNAL;
  }

  /** Reads the version that the build wrote down. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() throws IOException {
      Properties properties = new Properties();
      try (InputStream stream = Main.class.getResourceAsStream("version.properties")) {
        if (stream == null) {
          throw new IOException("version.properties is missing from this build");
        }
        properties.load(stream);
      }
      return new String[] {"mailraft " + properties.getProperty("version")};
    }
  }
}
