package io.mailraft.ops;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.mailraft.api.admin.QuotaRequest;
import io.mailraft.api.admin.QuotaResponse;
import io.mailraft.api.admin.QuotaUse;
import io.mailraft.ops.admin.AdminClient;
import io.mailraft.ops.admin.RefusedException;
import io.mailraft.ops.admin.UnreachableException;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows quotas and how far they are used. */
@Command(
    name = "quota",
    description = {
      "Shows how far quotas are used in their present minute, hour or day, all nodes together: those"
          + " of an account or a sender domain, or all that are in use.",
      "What nodes hold for the next second counts as used.",
      "Ends with 0, 2 if the name can be neither, 3 if the node cannot be reached."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class)
final class QuotaCommand implements Callable<Integer> {
  @Parameters(
      index = "0",
      paramLabel = "ACCOUNT|DOMAIN",
      arity = "0..1",
      defaultValue = "",
      description = "Whose quotas (default: all that are in use).")
  private String name = "";

  @Mixin private ServerOptions options = new ServerOptions();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws UnreachableException, InvalidProtocolBufferException {
    QuotaResponse response;
    try (AdminClient client = options.client()) {
      response = client.quota(QuotaRequest.newBuilder().setName(name).build(), options.timeout());
    } catch (RefusedException e) {
      return ChangeOptions.refused(e, spec);
    }
    PrintWriter out = spec.commandLine().getOut();
    if (options.json()) {
      out.println(JsonFormat.printer().includingDefaultValueFields().print(response));
      return 0;
    }
    if (response.getUsesCount() == 0) {
      out.println(name.isEmpty() ? "no quota is in use" : Text.printable(name) + " has no quota");
      return 0;
    }
    Text.Table table = new Text.Table("OF", "NAME", "COUNTS", "USED", "LIMIT", "UNTIL");
    for (QuotaUse use : response.getUsesList()) {
      table.row(
          use.getScope(),
          use.getName(),
          use.getUnit() + "/" + use.getPeriod(),
          Long.toUnsignedString(use.getUsed()),
          Long.toUnsignedString(use.getLimit()),
          Instant.ofEpochMilli(use.getUntilMillis()));
    }
    table.print(out);
    if (response.getMore()) {
      out.println("and more: name an account or a domain");
    }
    return 0;
  }
}
