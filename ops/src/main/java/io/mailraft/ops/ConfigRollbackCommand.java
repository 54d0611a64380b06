package io.mailraft.ops;

import com.google.protobuf.InvalidProtocolBufferException;
import io.mailraft.api.admin.ApplyDocumentRequest;
import io.mailraft.api.admin.GetDocumentRequest;
import io.mailraft.api.admin.GetDocumentResponse;
import io.mailraft.ops.admin.AdminClient;
import io.mailraft.ops.admin.RefusedException;
import io.mailraft.ops.admin.UnreachableException;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Puts a past version of the cluster document in force again. */
@Command(
    name = "rollback",
    description = {
      "Makes a version of the history the next one. It is checked as any other document is, and"
          + " the versions in between stay in the history.",
      "Ends with 0, 1 if there is no such version, another one came in between, or a zone that would"
          + " go holds mail, 2 if the document cannot be used any more, 3 if the node cannot be"
          + " reached."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class)
final class ConfigRollbackCommand implements Callable<Integer> {
  @Parameters(paramLabel = "N", description = "The version, as \"config history\" lists it.")
  private long version;

  @Mixin private ChangeOptions change = new ChangeOptions();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws UnreachableException, InvalidProtocolBufferException {
    long number = ChangeOptions.version(version, spec);
    Duration timeout = change.server().timeout();
    try (AdminClient client = change.server().client()) {
      GetDocumentResponse past;
      GetDocumentResponse present;
      try {
        past = client.document(asked(number), timeout);
        present = client.document(asked(0), timeout);
      } catch (RefusedException e) {
        return ChangeOptions.refused(e, spec);
      }
      return change.apply(
          client,
          ApplyDocumentRequest.newBuilder()
              .setYaml(past.getYaml())
              .setName("version " + number)
              .setExpectedVersion(present.getVersion()),
          "rollback to version " + number,
          spec);
    }
  }

  private static GetDocumentRequest asked(long version) {
    return GetDocumentRequest.newBuilder().setVersion(version).build();
  }
}
