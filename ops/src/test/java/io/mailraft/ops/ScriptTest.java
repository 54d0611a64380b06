package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The script at the root, run by a real bash. */
class ScriptTest {
  private static final Path SCRIPT = Path.of(System.getProperty("mailraft.root"), "mailraft");

  @TempDir private Path directory;

  private record Ended(int code, String out, String err) {}

  private Ended run(Map<String, String> environment, String... command) throws Exception {
    Path out = directory.resolve("out");
    Path err = directory.resolve("err");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .redirectInput(new File("/dev/null"))
            .directory(directory.toFile());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("MAILRAFT_CLASSPATH", System.getProperty("java.class.path"));
    builder.environment().putAll(environment);
    int code = builder.start().waitFor();
    return new Ended(
        code,
        Files.readString(out, StandardCharsets.UTF_8),
        Files.readString(err, StandardCharsets.UTF_8));
  }

  private Ended script(Map<String, String> environment, String... args) throws Exception {
    List<String> command = new ArrayList<>(List.of(SCRIPT.toString()));
    command.addAll(List.of(args));
    return run(environment, command.toArray(String[]::new));
  }

  @Test
  void its_syntax_is_right() throws Exception {
    assertThat(run(Map.of(), "bash", "-n", SCRIPT.toString())).isEqualTo(new Ended(0, "", ""));
    Path ci = SCRIPT.resolveSibling(".ci").resolve("run");
    assertThat(run(Map.of(), "bash", "-n", ci.toString())).isEqualTo(new Ended(0, "", ""));
  }

  @Test
  void its_help_names_every_command_and_needs_no_java() throws Exception {
    Ended ended = script(Map.of("JAVA_HOME", "/nonexistent"), "--help");
    assertThat(ended.code()).isZero();
    assertThat(ended.out()).contains("  start ");
    for (Class<?> command : Main.class.getAnnotation(CommandLine.Command.class).subcommands()) {
      assertThat(ended.out())
          .contains("  " + command.getAnnotation(CommandLine.Command.class).name() + " ");
    }
  }

  @Test
  void without_arguments_it_tells_the_usage_and_ends_with_2() throws Exception {
    Ended ended = script(Map.of());
    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err()).startsWith("Usage: mailraft");
  }

  @Test
  void it_hands_arguments_and_exit_code_through_from_a_path_with_blanks() throws Exception {
    Path link = Files.createDirectory(directory.resolve("a b")).resolve("mail raft");
    Files.createSymbolicLink(link, SCRIPT);
    Ended version = run(Map.of(), link.toString(), "--version");
    assertThat(version.code()).as(version.err()).isZero();
    assertThat(version.out()).startsWith("mailraft ");
    assertThat(run(Map.of(), link.toString(), "status", "--server", "a b:x").err())
        .contains("'a b:x' is not HOST:PORT");
  }

  @Test
  void further_java_options_are_used_and_another_collector_replaces_ours() throws Exception {
    Ended ended =
        script(
            Map.of("MAILRAFT_JAVA_OPTS", "-XX:+UseParallelGC -Xmx64m -XX:+PrintFlagsFinal"),
            "--version");
    assertThat(ended.code()).as(ended.err()).isZero();
    assertThat(ended.out())
        .containsPattern("MaxHeapSize += 67108864 ")
        .containsPattern("UseParallelGC += true")
        .containsPattern("UseSerialGC += false")
        .containsPattern("ExitOnOutOfMemoryError += true");
  }

  @Test
  void without_a_build_and_forbidden_to_build_it_says_so() throws Exception {
    Path copy = Files.createDirectory(directory.resolve("copy of it")).resolve("mailraft");
    Files.copy(SCRIPT, copy, StandardCopyOption.COPY_ATTRIBUTES);
    Ended ended =
        run(Map.of("MAILRAFT_CLASSPATH", "", "MAILRAFT_BUILD", "no"), copy.toString(), "status");
    assertThat(ended.code()).isEqualTo(70);
    assertThat(ended.err()).contains("nothing is built yet");
  }

  @Test
  void a_build_that_does_not_succeed_shows_its_log() throws Exception {
    Path root = Files.createDirectory(directory.resolve("empty project"));
    Path copy = root.resolve("mailraft");
    Files.copy(SCRIPT, copy, StandardCopyOption.COPY_ATTRIBUTES);
    Path bin = Files.createDirectory(directory.resolve("bin"));
    Path maven = bin.resolve("mvn");
    Files.writeString(maven, "#!/bin/sh\necho it is broken\nexit 1\n");
    assertThat(maven.toFile().setExecutable(true)).isTrue();
    Ended ended =
        run(
            Map.of("MAILRAFT_CLASSPATH", "", "PATH", bin + ":" + System.getenv("PATH")),
            copy.toString(),
            "status");
    assertThat(ended.code()).isEqualTo(70);
    assertThat(ended.err()).contains("it is broken").contains("did not succeed");
    assertThat(ended.out()).isEmpty();
  }

  /** A project whose source is newer than any build, with a Maven and a JDK that are scripts. */
  private final class Project {
    /** Prints the class path and runs until the end of its input. */
    private static final String JAVA =
        """
        #!/bin/sh
        case "$*" in *Training*) exit 0 ;; esac
        while [ "$1" != -cp ]; do shift; done
        echo "$2"
        cat
        """;

    private final Path root = Files.createDirectories(directory.resolve("some project"));
    private final Path script = root.resolve("mailraft");
    private final Path maven = root.resolve("bin/mvn");

    Project() throws Exception {
      Files.copy(SCRIPT, script, StandardCopyOption.COPY_ATTRIBUTES);
      Files.createDirectories(root.resolve("ops/src/main"));
      Files.writeString(root.resolve("ops/pom.xml"), "");
      Path source = Files.writeString(root.resolve("pom.xml"), "");
      Files.setLastModifiedTime(source, FileTime.from(Instant.parse("2100-01-01T00:00:00Z")));
      Files.createDirectories(maven.getParent());
      Files.createDirectories(root.resolve("jdk/bin"));
      Files.writeString(root.resolve("jdk/release"), "JAVA_VERSION=\"25.0.1\"\n");
      program(root.resolve("jdk/bin/java"), JAVA);
      String lib = "ops/target/mailraft/lib";
      program(maven, "#!/bin/sh\nmkdir -p " + lib + " && echo > " + lib + "/mailraft.jar\n");
    }

    void program(Path file, String text) throws Exception {
      Files.writeString(file, text);
      assertThat(file.toFile().setExecutable(true)).isTrue();
    }

    Map<String, String> environment(String build) {
      String path = maven.getParent() + ":" + System.getenv("PATH");
      return Map.of(
          "MAILRAFT_CLASSPATH",
          "",
          "MAILRAFT_BUILD",
          build,
          "JAVA_HOME",
          root.resolve("jdk").toString(),
          "PATH",
          path);
    }

    /** The jar that a run has found, which has ended. */
    Path ran(String build) throws Exception {
      Ended ended = run(environment(build), script.toString(), "status");
      assertThat(ended.code()).as(ended.err()).isZero();
      return Path.of(ended.out().strip());
    }
  }

  @Test
  void a_build_leaves_jars_alone_that_something_runs_from_and_removes_them_later()
      throws Exception {
    Project project = new Project();
    ProcessBuilder builder = new ProcessBuilder(project.script.toString(), "start");
    builder.environment().putAll(project.environment(""));
    Process running = builder.redirectError(directory.resolve("of node").toFile()).start();
    Path first;
    try (BufferedReader out = running.inputReader()) {
      first = Path.of(out.readLine());
      assertThat(first).exists();
      Path second = project.ran("");
      assertThat(second).exists().isNotEqualTo(first);
      assertThat(first).exists();
      assertThat(project.ran("no")).isEqualTo(second);
      running.getOutputStream().close();
      assertThat(running.waitFor()).isZero();
      assertThat(project.ran("")).exists().isNotEqualTo(second);
      assertThat(first).doesNotExist();
      assertThat(second).doesNotExist();
    } finally {
      running.destroyForcibly();
    }
  }

  @Test
  void a_build_that_does_not_succeed_leaves_the_one_before() throws Exception {
    Project project = new Project();
    Path first = project.ran("");
    project.program(project.maven, "#!/bin/sh\nexit 1\n");
    Ended ended = run(project.environment(""), project.script.toString(), "status");
    assertThat(ended.err()).contains("did not succeed");
    assertThat(project.ran("no")).isEqualTo(first).exists();
  }
}
