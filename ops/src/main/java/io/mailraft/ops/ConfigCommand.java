package io.mailraft.ops;

import picocli.CommandLine.Command;

/** Reads and replaces the cluster document. */
@Command(
    name = "config",
    description = "Reads and replaces the cluster document: zones, pools, throttles.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      ConfigApplyCommand.class,
      ConfigGetCommand.class,
      ConfigHistoryCommand.class,
      ConfigRollbackCommand.class
    })
final class ConfigCommand {
  private ConfigCommand() {}
}
