package io.mailraft.ops;

import com.google.protobuf.InvalidProtocolBufferException;
import io.mailraft.api.admin.ApplyDocumentRequest;
import io.mailraft.ops.admin.AdminClient;
import io.mailraft.ops.admin.UnreachableException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Replaces the cluster document. */
@Command(
    name = "apply",
    description = {
      "Checks a cluster document, shows what differs from the present one, and puts it in force on"
          + " every node.",
      "A text with the key version, as \"config get\" prints it, replaces that version and no other:"
          + " if somebody else was faster, it is refused and the difference shown.",
      "Ends with 0, 1 if another version stands by now or a zone that would go holds mail, 2 if the"
          + " document cannot be used, 3 if the node cannot be reached."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class)
final class ConfigApplyCommand implements Callable<Integer> {
  /** More than a node takes, which says so better than we can. */
  private static final int TEXT_BYTES_MAX = 8 << 20;

  private static final String STDIN = "-";

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      required = true,
      description = "The document, a YAML file; - reads standard input.")
  private String file = STDIN;

  @Mixin private ChangeOptions change = new ChangeOptions();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws UnreachableException, InvalidProtocolBufferException {
    ApplyDocumentRequest.Builder request =
        ApplyDocumentRequest.newBuilder()
            .setYaml(read())
            .setName(file.equals(STDIN) ? "stdin" : file);
    try (AdminClient client = change.server().client()) {
      return change.apply(client, request, "", spec);
    }
  }

  private String read() {
    byte[] bytes;
    try (InputStream in = file.equals(STDIN) ? System.in : Files.newInputStream(Path.of(file))) {
      bytes = in.readNBytes(TEXT_BYTES_MAX + 1);
    } catch (NoSuchFileException e) {
      throw wrong("there is no such file", e);
    } catch (IOException e) {
      throw wrong("cannot be read: " + e.getMessage(), e);
    }
    if (bytes.length > TEXT_BYTES_MAX) {
      throw wrong("is larger than any cluster document may be", new IOException("too large"));
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw wrong("is not UTF-8 text", e);
    }
  }

  private ParameterException wrong(String what, IOException cause) {
    return new ParameterException(
        spec.commandLine(), Text.printable(file) + ": " + Text.printable(what), cause);
  }
}
