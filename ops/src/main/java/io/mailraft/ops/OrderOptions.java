package io.mailraft.ops;

import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of every command that gives an order: who, why, and to which node. */
final class OrderOptions {
  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      required = true,
      description = "Why; kept with the order and shown to whoever asks.")
  private String reason = "";

  @Option(
      names = "--author",
      paramLabel = "NAME",
      description = "Who; kept with the order (default: the user's name @ this machine's).")
  private Optional<String> author = Optional.empty();

  @Mixin private ServerOptions server = new ServerOptions();

  String reason() {
    return reason;
  }

  String author() {
    return author.orElseGet(Operator::name);
  }

  ServerOptions server() {
    return server;
  }
}
