package io.mailraft.node.smtp;

import io.mailraft.config.Cidr;
import io.mailraft.config.HostPort;
import io.mailraft.config.ListenerAuth;
import io.mailraft.config.SmtpConfig;
import io.mailraft.node.access.Keepers;
import io.mailraft.node.heap.HeapBudget;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Settings of a listener under test: generous, on a free port, each to be changed by itself. */
final class Settings {
  List<Cidr> allow = List.of();
  boolean trustRouting = true;
  long maxMessageBytes = 1L << 30;
  int maxRecipients = 1000;
  int maxLineBytes = 998;
  int maxHeaderBytes = 64 * 1024;
  int maxReceivedHeaders = 35;
  int maxConnections = 100;
  int maxConnectionsPerAddress = 100;
  Duration commandTimeout = Duration.ofSeconds(30);
  Duration dataTimeout = Duration.ofSeconds(60);
  HostPort listen = new HostPort("127.0.0.1", 0);

  ListenerAuth auth = ListenerAuth.OPTIONAL;
  boolean implicitTls;
  Keepers keepers = Keepers.NONE;
  HeapBudget heap = HeapBudget.ofHeap();

  SmtpConfig config() {
    return new SmtpConfig(
        "feeder",
        listen,
        "mx.example",
        allow,
        trustRouting,
        maxMessageBytes,
        maxRecipients,
        maxLineBytes,
        maxHeaderBytes,
        maxReceivedHeaders,
        maxConnections,
        maxConnectionsPerAddress,
        commandTimeout,
        dataTimeout,
        auth,
        Optional.empty(),
        implicitTls);
  }
}
