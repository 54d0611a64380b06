package io.mailraft.ops.chaos;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** How a node's process is started. */
@FunctionalInterface
public interface Launcher {

  /**
   * The process, not yet started, of a node with this config file and these further JVM options.
   */
  ProcessBuilder launch(Path configFile, List<String> javaOptions);

  /**
   * The project's own script. Where this JVM was not started by the script, as in tests, the nodes
   * run the classes that this JVM runs, started as cheaply as can be ({@link SharedCache}); else
   * the last build. Nothing is built either way.
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
    if (home.isPresent()) {
      return (configFile, javaOptions) -> process(script, configFile, javaOptions);
    }
    List<Path> classes = classesOfNodes();
    Launcher plain =
        (configFile, javaOptions) -> {
          ProcessBuilder builder = process(script, configFile, javaOptions);
          builder
              .environment()
              .put(
                  "MAILRAFT_CLASSPATH",
                  String.join(File.pathSeparator, classes.stream().map(Path::toString).toList()));
          return builder;
        };
    return (configFile, javaOptions) -> {
      List<String> options = new ArrayList<>(SharedCache.options(classes, plain));
      options.addAll(javaOptions);
      return plain.launch(configFile, options);
    };
  }

  private static ProcessBuilder process(Path script, Path configFile, List<String> javaOptions) {
    ProcessBuilder builder =
        new ProcessBuilder(script.toString(), "start", "-c", configFile.toString());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("MAILRAFT_BUILD", "no");
    builder.environment().put("MAILRAFT_JAVA_OPTS", String.join(" ", javaOptions));
    return builder;
  }

  /**
   * This JVM's class path without this module, which no node needs, and without tests, whose log
   * settings a node must not take for its own.
   */
  private static List<Path> classesOfNodes() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
        .filter(entry -> !entry.isEmpty())
        .map(Path::of)
        .filter(entry -> !entry.endsWith("test-classes") && !isOfThisModule(entry))
        .toList();
  }

  private static boolean isOfThisModule(Path entry) {
    return Files.isDirectory(entry) && Files.exists(entry.resolve("io/mailraft/ops/Main.class"));
  }
}
