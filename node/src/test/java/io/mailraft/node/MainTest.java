package io.mailraft.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the program says where it does not come to run a node. */
class MainTest {
  @TempDir private Path directory;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int run(String... args) {
    return Main.run(
        args,
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  @Test
  void the_help_of_start_is_printed_and_ends_with_0() {
    assertThat(run("start", "--help")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8)).startsWith("Usage: mailraft start [-c FILE]");
    assertThat(err.size()).isZero();
  }

  @Test
  void an_unknown_option_is_refused_with_64() {
    assertThat(run("start", "--fast")).isEqualTo(64);
    assertThat(err.toString(StandardCharsets.UTF_8)).startsWith("usage: mailraft start");
  }

  @Test
  void a_data_directory_that_cannot_be_used_is_named_with_the_reason() throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "");
    Path config = directory.resolve("mailraft.yaml");
    Files.writeString(config, "node: { dataDir: \"" + file + "\" }\n");
    assertThat(run("start", "-c", config.toString())).isEqualTo(74);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .isEqualTo("mailraft: " + file + ": is there already, and no directory\n");
  }
}
