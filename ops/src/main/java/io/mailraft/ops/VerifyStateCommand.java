package io.mailraft.ops;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.mailraft.api.admin.ReplicaChecksum;
import io.mailraft.api.admin.VerifyStateResponse;
import io.mailraft.ops.admin.AdminClient;
import io.mailraft.ops.admin.UnreachableException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Compares the checksums of all replicas (I8). */
@Command(
    name = "verify-state",
    description = {
      "Compares the checksums of all replicas of every group, taken at one log index each.",
      "Ends with 0 if all are equal, 1 if not all are or one could not be had, 3 if the node"
          + " cannot be reached."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class)
final class VerifyStateCommand implements Callable<Integer> {
  private static final int DIGEST_SHOWN_CHARACTERS = 16;

  @Mixin private ServerOptions options = new ServerOptions();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws UnreachableException, InvalidProtocolBufferException {
    VerifyStateResponse response;
    try (AdminClient client = options.client()) {
      response = client.verifyState(options.timeout());
    }
    PrintWriter out = spec.commandLine().getOut();
    if (options.json()) {
      out.println(JsonFormat.printer().includingDefaultValueFields().print(response));
    } else {
      print(response, out);
    }
    return proven(response) ? 0 : Main.EXIT_NOT_SO;
  }

  /** Whether every replica answered and all agree; no replica at all proves nothing. */
  static boolean proven(VerifyStateResponse response) {
    return response.getEqual()
        && response.getReplicasCount() > 0
        && response.getReplicasList().stream().allMatch(replica -> replica.getError().isEmpty());
  }

  static void print(VerifyStateResponse response, PrintWriter out) {
    Text.Table table = new Text.Table("GROUP", "NODE", "INDEX", "ROWS", "CHECKSUM");
    for (ReplicaChecksum replica : response.getReplicasList()) {
      String digest = replica.getDigest();
      table.row(
          replica.getGroup(),
          replica.getNode(),
          Long.toUnsignedString(replica.getIndex()),
          Long.toUnsignedString(replica.getRows()),
          replica.getError().isEmpty()
              ? digest.substring(0, Math.min(DIGEST_SHOWN_CHARACTERS, digest.length()))
              : replica.getError());
    }
    table.print(out);
    out.println(
        proven(response)
            ? "All replicas hold the same state."
            : response.getEqual()
                ? "Not every replica could be compared."
                : "The replicas do not hold the same state.");
  }
}
