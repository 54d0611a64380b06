package io.mailraft.ops;

import io.mailraft.ops.admin.AdminClient;
import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options of every command that asks a node. */
final class ServerOptions {
  /** How an answer is printed. */
  enum Output {
    TEXT,
    JSON
  }

  /** The admin address of a node. */
  record Server(String host, int port) {}

  @Option(
      names = "--server",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:9090",
      converter = ServerConverter.class,
      description = "Admin address of the node to ask (default: ${DEFAULT-VALUE}).")
  private Server server = new Server("127.0.0.1", 9090);

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      defaultValue = "text",
      description = "text or json (default: ${DEFAULT-VALUE}).")
  private Output output = Output.TEXT;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "10",
      description = "Longest wait for the answer (default: ${DEFAULT-VALUE}).")
  private int timeoutSeconds = 10;

  AdminClient client() {
    return AdminClient.of(server.host(), server.port());
  }

  boolean json() {
    return output == Output.JSON;
  }

  Duration timeout() {
    return Duration.ofSeconds(Math.clamp(timeoutSeconds, 1, 3600));
  }

  static final class ServerConverter implements ITypeConverter<Server> {
    @Override
    public Server convert(String text) {
      int colon = text.lastIndexOf(':');
      String host = colon < 0 ? "" : text.substring(0, colon);
      if (host.startsWith("[") && host.endsWith("]")) {
        host = host.substring(1, host.length() - 1);
      }
      if (!host.isEmpty() && text.substring(colon + 1).matches("[0-9]{1,5}")) {
        int port = Integer.parseInt(text.substring(colon + 1));
        if (port >= 1 && port <= 65535) {
          return new Server(host, port);
        }
      }
      throw new TypeConversionException("'" + text + "' is not HOST:PORT, like 127.0.0.1:9090");
    }
  }
}
