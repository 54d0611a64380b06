package io.mailraft.ops;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.mailraft.api.admin.RecipientRoute;
import io.mailraft.api.admin.RefusedZone;
import io.mailraft.api.admin.RouteRequest;
import io.mailraft.api.admin.RouteResponse;
import io.mailraft.ops.admin.AdminClient;
import io.mailraft.ops.admin.RefusedException;
import io.mailraft.ops.admin.UnreachableException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Says which zone a message would go through, and why. */
@Command(
    name = "route",
    description = {
      "Says which zone each recipient of a message would get, and which rule decides, without"
          + " sending anything.",
      "The node answers with the zones that it routes mail by at this moment.",
      "Ends with 0, 2 if this describes no message, 3 if the node cannot be reached."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class)
final class RouteCommand implements Callable<Integer> {
  @Option(
      names = "--from",
      paramLabel = "ADDRESS",
      defaultValue = "",
      description = "MAIL FROM of the message (default: the null sender).")
  private String from = "";

  @Option(
      names = "--to",
      paramLabel = "ADDRESS",
      required = true,
      description = "A recipient; may be repeated.")
  private List<String> to = List.of();

  @Option(
      names = "--header",
      paramLabel = "'NAME: VALUE'",
      description =
          "A header field of the message, such as 'From: you@example.com' or 'X-Sending-Zone:"
              + " bulk'; may be repeated.")
  private List<String> headers = List.of();

  @Option(
      names = "--origin",
      paramLabel = "ADDRESS",
      defaultValue = "",
      description = "Address of the client that hands it in (default: not known).")
  private String origin = "";

  @Option(
      names = "--listener",
      paramLabel = "NAME",
      defaultValue = "",
      description =
          "The node's SMTP listener that it comes in by, which tells whether X-Sending-Zone is"
              + " honoured (default: its first).")
  private String listener = "";

  @Option(
      names = "--user",
      paramLabel = "ACCOUNT",
      defaultValue = "",
      description =
          "The account that hands it in: X-Sending-Zone is honoured of one that the node's users file"
              + " trusts, whatever the listener (default: none).")
  private String user = "";

  @Mixin private ServerOptions options = new ServerOptions();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws UnreachableException, InvalidProtocolBufferException {
    RouteRequest request =
        RouteRequest.newBuilder()
            .setSender(from)
            .addAllRecipients(to)
            .addAllHeaders(headers)
            .setOrigin(origin)
            .setListener(listener)
            .setUser(user)
            .build();
    RouteResponse response;
    try (AdminClient client = options.client()) {
      response = client.route(request, options.timeout());
    } catch (RefusedException e) {
      return ChangeOptions.refused(e, spec);
    }
    PrintWriter out = spec.commandLine().getOut();
    if (options.json()) {
      out.println(JsonFormat.printer().includingDefaultValueFields().print(response));
    } else {
      print(response, user, out);
    }
    return 0;
  }

  private static void print(RouteResponse response, String user, PrintWriter out) {
    Text.Table routes = new Text.Table("RECIPIENT", "ZONE", "RULE", "MATCH");
    Text.Table refused = new Text.Table("RECIPIENT", "PASSED OVER", "RULE", "REASON");
    boolean anyRefused = false;
    for (RecipientRoute route : response.getRoutesList()) {
      routes.row(route.getRecipient(), route.getZone(), route.getRule(), route.getMatch());
      for (RefusedZone zone : route.getRefusedList()) {
        refused.row(route.getRecipient(), zone.getZone(), zone.getRule(), zone.getReason());
        anyRefused = true;
      }
    }
    routes.print(out);
    if (anyRefused) {
      out.println();
      refused.print(out);
    }
    out.println();
    out.println(
        Text.printable(
            "The listener "
                + response.getListener()
                + (response.getTrusted() ? " honours" : " does not honour")
                + " X-Sending-Zone"
                + (user.isEmpty() ? "" : " of the account " + user)
                + (response.getTrusted() ? "." : " (trustRouting).")));
  }
}
