package io.mailraft.node.admin;

import io.mailraft.api.log.NodeAddresses;
import io.mailraft.config.ClusterConfig;
import io.mailraft.config.HostPort;
import io.mailraft.config.NodeConfig;
import io.mailraft.config.QueueConfig;
import io.mailraft.config.TimelineConfig;
import io.mailraft.queue.Queue;
import io.mailraft.queue.QueueSettings;
import io.mailraft.testkit.Ports;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The queue of a node that is a cluster of its own, for tests. */
final class LoneQueue {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private LoneQueue() {}

  /** Not started yet. It takes no claims. */
  static Queue of(Path directory, Queue.Host host) throws IOException {
    return new Queue(
        new QueueSettings(
            new NodeConfig("n1", directory, List.of()),
            new ClusterConfig(
                "test",
                1,
                Map.of("n1", new HostPort("127.0.0.1", Ports.free(1).getFirst())),
                Optional.empty(),
                Duration.ofMillis(300),
                Duration.ofSeconds(1)),
            new QueueConfig(
                PATIENCE,
                PATIENCE,
                Duration.ofHours(1),
                64 << 20,
                32 << 20,
                1 << 20,
                new TimelineConfig(Duration.ofDays(7), 64 << 20)),
            NodeAddresses.getDefaultInstance(),
            "zones: {}\n"),
        InstantSource.system(),
        claims -> {},
        host,
        trouble -> {});
  }
}
