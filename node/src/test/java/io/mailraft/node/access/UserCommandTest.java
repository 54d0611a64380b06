package io.mailraft.node.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code mailraft user}. */
class UserCommandTest {
  @TempDir private Path directory;
  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

  private int user(String input, String... args) {
    printed.reset();
    return Keys.user(input, new PrintStream(printed, true, StandardCharsets.UTF_8), List.of(args));
  }

  private String printed() {
    return printed.toString(StandardCharsets.UTF_8);
  }

  private Path file() {
    return directory.resolve("users");
  }

  @Test
  void accounts_are_added_changed_listed_and_removed_and_comments_stay() throws Exception {
    String f = file().toString();
    assertThat(user("one\n", "add", "-f", f, "alice")).isZero();
    assertThat(printed()).isEqualTo("added alice\n");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
        .isEqualTo("rw-------");
    Files.writeString(file(), "# who may\n" + Files.readString(file()));
    assertThat(user("two\n", "add", "--trust-routing", "-f", f, "bob@b.example")).isZero();
    assertThat(user("three\n", "add", "-f", f, "alice")).isZero();
    assertThat(printed()).isEqualTo("changed alice\n");
    assertThat(user("", "list", "-f", f)).isZero();
    assertThat(printed()).isEqualTo("alice\nbob@b.example trustRouting\n");
    assertThat(Files.readString(file()))
        .startsWith("# who may\nalice:$argon2id$v=19$m=19456,t=2,p=1$")
        .doesNotContain("three");
    assertThat(user("", "remove", "-f", f, "alice")).isZero();
    assertThat(user("", "remove", "-f", f, "alice")).isEqualTo(67);
    assertThat(Files.readString(file())).startsWith("# who may\nbob@b.example:");
    try (var files = Files.list(directory)) {
      assertThat(files).hasSize(1);
    }
  }

  @Test
  void the_settings_name_the_file() throws Exception {
    Path config = directory.resolve("mailraft.yaml");
    Files.writeString(config, "access: { usersFile: \"" + file() + "\" }\n");
    assertThat(user("", "add", "--generate", "-c", config.toString(), "alice")).isZero();
    assertThat(printed().lines().findFirst().orElseThrow()).hasSize(32);
    Files.writeString(config, "smtp: {}\n");
    assertThat(user("", "list", "-c", config.toString())).isEqualTo(78);
    assertThat(printed()).contains("access.usersFile is not set");
  }

  @Test
  void a_wrong_command_line_changes_nothing() {
    String f = file().toString();
    for (List<String> wrong :
        List.of(
            List.<String>of(),
            List.of("add", "alice"),
            List.of("add", "-f", f),
            List.of("add", "-f", f, "a:b"),
            List.of("add", "-f", f, "alice", "password"),
            List.of("add", "-f", f, "#alice"),
            List.of("list", "-f", f, "alice"),
            List.of("list", "--generate", "-f", f),
            List.of("list", "-f"),
            List.of("drop", "-f", f, "alice"))) {
      assertThat(user("x\n", wrong.toArray(String[]::new))).as("%s", wrong).isEqualTo(64);
    }
    assertThat(user("\n", "add", "-f", f, "alice")).isEqualTo(64);
    assertThat(user("", "list", "-f", f)).isEqualTo(74);
    assertThat(printed()).contains("there is no such file");
    assertThat(file()).doesNotExist();
  }
}
