package io.mailraft.ops;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.mailraft.api.admin.GroupStatus;
import io.mailraft.api.admin.NodeStatus;
import io.mailraft.api.admin.StatusResponse;
import io.mailraft.api.admin.ZoneStatus;
import io.mailraft.ops.admin.AdminClient;
import io.mailraft.ops.admin.UnreachableException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Shows what a node knows of its cluster. */
@Command(
    name = "status",
    description = {
      "Shows what a node knows of its cluster: nodes, groups, zones.",
      "Ends with 0 if the node is ready, 1 if it is not, 3 if it cannot be reached."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class)
final class StatusCommand implements Callable<Integer> {
  @Mixin private ServerOptions options = new ServerOptions();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws UnreachableException, InvalidProtocolBufferException {
    StatusResponse status;
    try (AdminClient client = options.client()) {
      status = client.status(options.timeout());
    }
    PrintWriter out = spec.commandLine().getOut();
    if (options.json()) {
      out.println(JsonFormat.printer().includingDefaultValueFields().print(status));
    } else {
      print(status, out);
    }
    return status.getReady() ? 0 : Main.EXIT_NOT_SO;
  }

  private static void print(StatusResponse status, PrintWriter out) {
    out.println(
        Text.printable(
            status.getNode()
                + " of cluster "
                + status.getCluster()
                + ", version "
                + status.getVersion()
                + ": "
                + (status.getReady() ? "ready" : "not ready: " + status.getReason())));
    out.println();
    Text.Table nodes =
        new Text.Table(
            "NODE", "LIVE", "EPOCH", "VERSION", "RAFT", "ADMIN", "HTTP", "SMTP", "SOURCES");
    for (NodeStatus node : status.getNodesList()) {
      nodes.row(
          node.getName(),
          node.getLive() ? "yes" : "no",
          Long.toUnsignedString(node.getEpoch()),
          node.getVersion(),
          node.getRaft(),
          node.getAdmin(),
          node.getHttp(),
          String.join(",", node.getSmtpList()),
          String.join(",", node.getSourcesList()));
    }
    nodes.print(out);
    out.println();
    Text.Table groups = new Text.Table("GROUP", "LEADER", "TERM", "APPLIED", "COMMITTED");
    for (GroupStatus group : status.getGroupsList()) {
      groups.row(
          group.getName(),
          group.getLeader().isEmpty() ? "none known" : group.getLeader(),
          Long.toUnsignedString(group.getTerm()),
          Long.toUnsignedString(group.getAppliedIndex()),
          Long.toUnsignedString(group.getCommitIndex()));
    }
    groups.print(out);
    out.println();
    Text.Table zones =
        new Text.Table("ZONE", "QUEUED", "CLAIMED", "DEFERRED", "HELD", "CONNECTIONS");
    for (ZoneStatus zone : status.getZonesList()) {
      zones.row(
          zone.getName(),
          zone.getQueued(),
          zone.getClaimed(),
          zone.getDeferred(),
          zone.getHeld(),
          servers(zone));
    }
    zones.print(out);
  }

  /** Who serves a zone, with how many connections each. */
  private static String servers(ZoneStatus zone) {
    if (!zone.getReroutedTo().isEmpty()) {
      return "gone, its mail goes to " + zone.getReroutedTo();
    }
    if (zone.hasSuspension()) {
      return "SUSPENDED " + ZoneCommand.words(zone.getSuspension());
    }
    if (zone.getUnserved()) {
      return "UNSERVED";
    }
    return zone.getServersList().stream()
        .map(server -> server.getNode() + ":" + server.getConnections())
        .collect(Collectors.joining(" "));
  }
}
