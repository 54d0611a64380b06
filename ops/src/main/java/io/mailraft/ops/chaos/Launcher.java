package io.mailraft.ops.chaos;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** How a node's process is started. */
@FunctionalInterface
public interface Launcher {

  /**
   * The process, not yet started, of a node with this config file and these further JVM options.
   */
  ProcessBuilder launch(Path configFile, List<String> javaOptions);

  /**
   * The project's own script. Where this JVM was not started by the script, as in tests, the nodes
   * run the classes that this JVM runs; else the last build. Nothing is built either way.
   *
   * @throws IllegalStateException if the script cannot be found
   */
  static Launcher script() {
    Optional<String> home = Optional.ofNullable(System.getenv("MAILRAFT_HOME"));
    String root = home.orElseGet(() -> System.getProperty("mailraft.root", ""));
    Path script = Path.of(root, "mailraft");
    if (root.isEmpty() || !Files.isExecutable(script)) {
      throw new IllegalStateException(
          "cannot find the script mailraft: set MAILRAFT_HOME to the directory that holds it");
    }
    return (configFile, javaOptions) -> {
      ProcessBuilder builder =
          new ProcessBuilder(script.toString(), "start", "-c", configFile.toString());
      builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
      builder.environment().put("MAILRAFT_BUILD", "no");
      builder.environment().put("MAILRAFT_JAVA_OPTS", String.join(" ", javaOptions));
      if (home.isEmpty()) {
        builder.environment().put("MAILRAFT_CLASSPATH", withoutTests());
      }
      return builder;
    };
  }

  /**
   * This JVM's class path without the tests, whose log settings a node must not take for its own.
   */
  private static String withoutTests() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
        .filter(entry -> !Path.of(entry).endsWith("test-classes"))
        .collect(Collectors.joining(File.pathSeparator));
  }
}
