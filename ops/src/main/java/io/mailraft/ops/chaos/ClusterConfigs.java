package io.mailraft.ops.chaos;

import io.mailraft.testkit.PeerCertificate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** The config files of a cluster's nodes. */
final class ClusterConfigs {
  private ClusterConfigs() {}

  /** Writes each node's file, and what nodes beyond loopback know each other by. */
  static void write(List<NodeProcess> nodes, Path directory, LocalCluster.Options options)
      throws IOException {
    String peers =
        nodes.stream()
            .map(
                node ->
                    "%s: \"%s:%d\""
                        .formatted(node.id(), node.place().address(), node.raft().getPort()))
            .collect(Collectors.joining(", ", "{ ", " }"));
    String tls = "";
    if (nodes.stream().anyMatch(node -> !node.place().isLoopback())) {
      PeerCertificate made =
          PeerCertificate.make(
              directory.resolve("tls"),
              nodes.stream().map(node -> node.place().address()).distinct().toList());
      tls =
          ", tls: { certificate: \"%s\", key: \"%s\", authority: \"%s\" }"
              .formatted(made.certificate(), made.key(), made.authority());
    }
    for (NodeProcess node : nodes) {
      Files.writeString(node.configFile(), config(node, peers + tls, options));
    }
  }

  private static String config(NodeProcess node, String peers, LocalCluster.Options options) {
    String address = node.place().address();
    // Whoever reaches a network of its own is one of ours.
    String allow = node.place().isLoopback() ? "" : ", allow: [0.0.0.0/0]";
    // The helo name tells the sink which node a delivery came from.
    String delivery =
        options.settings().contains("delivery:")
            ? ""
            : "delivery: { helo: " + node.id() + ".example }\n";
    // Logs are read whole, again and again, by whoever looks for trouble in them.
    String log = options.settings().contains("log:") ? "" : "log: { messages: false }\n";
    return """
    node: { id: %s, dataDir: "%s", addresses: [%s] }
    cluster: { name: local, shards: %d, peers: %s }
    smtp: { listen: "%s:%d", hostname: %s.example%s }
    http: { listen: "%s:%d"%s }
    admin: { listen: "127.0.0.1:%d" }
    zones: { default: { connections: 50, host: %s, port: %d } }
    %s%s
    """
        .formatted(
            node.id(),
            node.dataDirectory(),
            address,
            options.shards(),
            peers,
            address,
            node.smtp().getPort(),
            node.id(),
            allow,
            address,
            node.http().getPort(),
            allow,
            node.admin().getPort(),
            options.sink().getAddress().getHostAddress(),
            options.sink().getPort(),
            delivery + log,
            options.settings().replace("${node}", node.id()));
  }
}
