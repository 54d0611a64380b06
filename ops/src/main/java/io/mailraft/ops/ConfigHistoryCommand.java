package io.mailraft.ops;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.mailraft.api.admin.DocumentHistoryResponse;
import io.mailraft.api.admin.DocumentVersion;
import io.mailraft.ops.admin.AdminClient;
import io.mailraft.ops.admin.UnreachableException;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Lists the versions of the cluster document. */
@Command(
    name = "history",
    description = {
      "Lists the versions of the cluster document that are kept, the newest first.",
      "Ends with 0, 3 if the node cannot be reached."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class)
final class ConfigHistoryCommand implements Callable<Integer> {
  @Mixin private ServerOptions options = new ServerOptions();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws UnreachableException, InvalidProtocolBufferException {
    DocumentHistoryResponse response;
    try (AdminClient client = options.client()) {
      response = client.documentHistory(options.timeout());
    }
    PrintWriter out = spec.commandLine().getOut();
    if (options.json()) {
      out.println(JsonFormat.printer().includingDefaultValueFields().print(response));
      return 0;
    }
    Text.Table table = new Text.Table("VERSION", "SET", "AUTHOR", "BYTES", "COMMENT");
    for (DocumentVersion version : response.getVersionsList()) {
      table.row(
          Long.toUnsignedString(version.getVersion()),
          Instant.ofEpochMilli(version.getStampMillis()).truncatedTo(ChronoUnit.SECONDS),
          version.getAuthor(),
          Long.toUnsignedString(version.getYamlBytes()),
          version.getComment());
    }
    table.print(out);
    return 0;
  }
}
