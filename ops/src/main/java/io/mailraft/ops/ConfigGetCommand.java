package io.mailraft.ops;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.mailraft.api.admin.GetDocumentRequest;
import io.mailraft.api.admin.GetDocumentResponse;
import io.mailraft.ops.admin.AdminClient;
import io.mailraft.ops.admin.RefusedException;
import io.mailraft.ops.admin.UnreachableException;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Prints the cluster document. */
@Command(
    name = "get",
    description = {
      "Prints the cluster document as it was written, with its version as the first key, so that"
          + " \"config apply\" of the edited text replaces this version and no other.",
      "Ends with 0, 1 if there is no such version, 3 if the node cannot be reached."
    })
final class ConfigGetCommand implements Callable<Integer> {
  // Not the standard options: --version means a version of the document here. Picocli reads it.
  @SuppressWarnings("unused")
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help message and exit.")
  private boolean help;

  @Option(
      names = "--version",
      paramLabel = "N",
      description = "A version of the history (default: the present one).")
  private Optional<Long> version = Optional.empty();

  @Mixin private ServerOptions options = new ServerOptions();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws UnreachableException, InvalidProtocolBufferException {
    long number = version.map(asked -> ChangeOptions.version(asked, spec)).orElse(0L);
    GetDocumentResponse response;
    try (AdminClient client = options.client()) {
      response =
          client.document(
              GetDocumentRequest.newBuilder().setVersion(number).setWithVersion(true).build(),
              options.timeout());
    } catch (RefusedException e) {
      return ChangeOptions.refused(e, spec);
    }
    PrintWriter out = spec.commandLine().getOut();
    if (options.json()) {
      out.println(JsonFormat.printer().includingDefaultValueFields().print(response));
    } else {
      out.print(response.getYaml());
      if (!response.getYaml().endsWith("\n")) {
        out.println();
      }
      out.flush();
    }
    return 0;
  }
}
