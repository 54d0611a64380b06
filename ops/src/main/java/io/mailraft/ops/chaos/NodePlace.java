package io.mailraft.ops.chaos;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where and how one node of a cluster runs: what the machine below it looks like.
 *
 * @param dataDirectory where its data is; empty for a directory of the cluster's
 * @param prefix words to put before its command, such as those that enter a network namespace
 * @param address its own address, on which it listens for mail, HTTP and other nodes
 * @param loopback the address at which this process reaches what the node listens on 127.0.0.1,
 *     which is its admin API
 * @param environment further variables of its environment
 * @param javaOptions further JVM options, after those of the cluster
 */
public record NodePlace(
    Optional<Path> dataDirectory,
    List<String> prefix,
    String address,
    String loopback,
    Map<String, String> environment,
    List<String> javaOptions) {
  static final String LOOPBACK = "127.0.0.1";

  /** This machine as it is: loopback, a directory of the cluster's, nothing special. */
  public static final NodePlace HERE =
      new NodePlace(Optional.empty(), List.of(), LOOPBACK, LOOPBACK, Map.of(), List.of());

  /** Copies what may change. */
  public NodePlace {
    prefix = List.copyOf(prefix);
    environment = Map.copyOf(environment);
    javaOptions = List.copyOf(javaOptions);
  }

  /** The same with its data elsewhere. */
  public NodePlace withData(Path directory) {
    return new NodePlace(
        Optional.of(directory), prefix, address, loopback, environment, javaOptions);
  }

  /** The same in a network of its own. */
  public NodePlace withNetwork(List<String> words, String own, String outerLoopback) {
    return new NodePlace(dataDirectory, words, own, outerLoopback, environment, javaOptions);
  }

  /** The same with this environment. */
  public NodePlace withEnvironment(Map<String, String> variables) {
    return new NodePlace(dataDirectory, prefix, address, loopback, variables, javaOptions);
  }

  /** The same with these further JVM options. */
  public NodePlace withJavaOptions(List<String> options) {
    return new NodePlace(dataDirectory, prefix, address, loopback, environment, options);
  }

  boolean isLoopback() {
    return address.equals(LOOPBACK);
  }
}
