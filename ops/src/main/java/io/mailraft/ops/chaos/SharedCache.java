package io.mailraft.ops.chaos;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ahead-of-time cache of all nodes that this JVM starts, in the file that the system property
 * {@code mailraft.aot} names. It is made before the first node starts, where it is missing or older
 * than a class path that consists of jars; the JVM makes none for directories of classes. A run of
 * many tests starts nodes so often that this pays.
 */
final class SharedCache {
  private static final Logger LOG = LoggerFactory.getLogger(SharedCache.class);

  /** Nodes of tests live too short for the second compiler. */
  private static final String ONE_COMPILER = "-XX:TieredStopAtLevel=1";

  /** Enough to load what passing mail needs. */
  private static final int MESSAGES = 100;

  /** Which caches can be used; each is tried once. */
  private static final Map<Path, Boolean> USABLE = new ConcurrentHashMap<>();

  private SharedCache() {}

  /**
   * The JVM options for nodes.
   *
   * @param classes their class path
   * @param plain starts them without a cache
   */
  static List<String> options(List<Path> classes, Launcher plain) {
    return Optional.ofNullable(System.getProperty("mailraft.aot"))
        .map(Path::of)
        .filter(_ -> classes.stream().allMatch(Files::isRegularFile))
        .filter(
            file ->
                USABLE.computeIfAbsent(
                    file, cache -> isFresh(cache, classes) || made(cache, classes, plain)))
        .map(file -> List.of(ONE_COMPILER, "-XX:AOTCache=" + file))
        .orElse(List.of(ONE_COMPILER));
  }

  private static boolean isFresh(Path cache, List<Path> classes) {
    return Files.exists(cache)
        && classes.stream()
            .allMatch(jar -> jar.toFile().lastModified() < cache.toFile().lastModified());
  }

  /** Makes it, unless another JVM of the same build was faster. */
  private static boolean made(Path cache, List<Path> classes, Launcher plain) {
    Path lock = cache.resolveSibling(cache.getFileName() + ".lock");
    try (FileChannel file =
            FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock _ = file.lock()) {
      if (!isFresh(cache, classes)) {
        Training.train(cache, plain, MESSAGES);
      }
      return true;
    } catch (IOException | TimeoutException e) {
      LOG.warn("nodes start without an ahead-of-time cache", e);
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
