package io.mailraft.ops;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.mailraft.api.admin.ApplyDocumentRequest;
import io.mailraft.api.admin.ApplyDocumentResponse;
import io.mailraft.ops.admin.AdminClient;
import io.mailraft.ops.admin.RefusedException;
import io.mailraft.ops.admin.UnreachableException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options of every command that replaces the cluster document, and what it does with them. */
final class ChangeOptions {
  private static final String ALL = "*";

  @Option(
      names = "--dry-run",
      description = "Check it and show the difference, and change nothing.")
  private boolean dryRun;

  @Option(
      names = "--reroute-to",
      paramLabel = "[OLD=]ZONE",
      description = {
        "The zone that takes the mail of zones which the document does not have any more; with OLD,"
            + " of that one alone. May be repeated."
      })
  private List<String> reroutes = List.of();

  @Option(names = "--comment", paramLabel = "TEXT", description = "Why; kept in the history.")
  private Optional<String> comment = Optional.empty();

  @Option(
      names = "--author",
      paramLabel = "NAME",
      description = "Who; kept in the history (default: the user's name @ this machine's).")
  private Optional<String> author = Optional.empty();

  @Mixin private ServerOptions server = new ServerOptions();

  ServerOptions server() {
    return server;
  }

  /**
   * Has a node check and apply a text, and prints what came of it.
   *
   * @param request the text; the rest is added here
   * @return the command's exit code
   */
  int apply(
      AdminClient client,
      ApplyDocumentRequest.Builder request,
      String defaultComment,
      CommandSpec command)
      throws UnreachableException, InvalidProtocolBufferException {
    ApplyDocumentResponse response;
    try {
      response =
          client.applyDocument(
              request
                  .setDryRun(dryRun)
                  .putAllReroutes(orders(command))
                  .setComment(comment.orElse(defaultComment))
                  .setAuthor(author.orElseGet(Operator::name))
                  .build(),
              server.timeout());
    } catch (RefusedException e) {
      return refused(e, command);
    }
    PrintWriter out = command.commandLine().getOut();
    if (server.json()) {
      out.println(JsonFormat.printer().includingDefaultValueFields().print(response));
    } else {
      print(response, out);
    }
    return 0;
  }

  /** A version that a command line names. */
  static long version(long number, CommandSpec command) {
    if (number < 1) {
      throw new ParameterException(
          command.commandLine(), number + " is not a version; they count from 1");
    }
    return number;
  }

  /** Prints the node's words; a usage would only hide them. */
  static int refused(RefusedException refusal, CommandSpec command) {
    command
        .commandLine()
        .getErr()
        .println(Text.printableLines(String.valueOf(refusal.getMessage())));
    return refusal.reason() == RefusedException.Reason.INPUT
        ? command.exitCodeOnInvalidInput()
        : Main.EXIT_NOT_SO;
  }

  private static void print(ApplyDocumentResponse response, PrintWriter out) {
    if (!response.getDiff().isEmpty()) {
      out.println(Text.printableLines(response.getDiff()));
      out.println();
    }
    response
        .getReroutesMap()
        .forEach(
            (gone, zone) ->
                out.println(
                    Text.printable(
                        "Mail of the zone " + gone + ", which is gone, goes to " + zone + ".")));
    if (!response.getChanged()) {
      out.println("Nothing differs from version " + response.getVersion() + ".");
    } else if (response.getDryRun()) {
      out.println("Dry run: this would be version " + response.getVersion() + ".");
    } else {
      out.println(
          "Version "
              + response.getVersion()
              + " replaces version "
              + response.getPreviousVersion()
              + ".");
    }
  }

  private Map<String, String> orders(CommandSpec command) {
    Map<String, String> orders = new LinkedHashMap<>();
    for (String order : reroutes) {
      int equals = order.indexOf('=');
      String old = equals < 0 ? ALL : order.substring(0, equals);
      String zone = order.substring(equals + 1);
      if (old.isEmpty() || zone.isEmpty()) {
        throw new ParameterException(
            command.commandLine(),
            "'" + Text.printable(order) + "' is not ZONE or OLD=ZONE, like bulk or news=bulk");
      }
      if (orders.put(old, zone) != null) {
        throw new ParameterException(
            command.commandLine(),
            "--reroute-to says twice where the mail of "
                + (old.equals(ALL) ? "all zones" : Text.printable(old))
                + " goes");
      }
    }
    return orders;
  }
}
