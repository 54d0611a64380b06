package io.mailraft.queue.raft;

import io.mailraft.queue.store.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An empty storage in the place of a lost or damaged one, which fetches everything anew. */
public final class RaftRejoin {
  private static final Logger LOG = LoggerFactory.getLogger(RaftRejoin.class);

  private RaftRejoin() {}

  /**
   * Moves the directory of logs and databases aside, and makes an empty one in its place.
   *
   * <p>The crash argument: the empty one is made whole beside the old one. A crash before the first
   * rename changes nothing; between the two there is no directory, so that a start makes a new one,
   * which the other nodes refuse; after the second, the rejoin is taken up again.
   *
   * @param directory as in {@link HostSettings}
   * @return where the old one is; empty where there was none, or where an earlier call had moved it
   */
  public static Optional<Path> moveAside(Path directory) throws IOException {
    Path parent = directory.toAbsolutePath().getParent();
    if (parent == null) {
      throw new IllegalArgumentException(directory + " has no parent");
    }
    if (isRejoining(directory)) {
      return Optional.empty();
    }
    Files.createDirectories(parent);
    String name = String.valueOf(directory.getFileName());
    Path made = parent.resolve(name + ".new");
    Durable.remove(made);
    Membership.makeRejoining(made);
    Optional<Path> aside = Optional.empty();
    if (Files.exists(directory)) {
      int number = 1;
      while (Files.exists(parent.resolve(name + ".old-" + number))) {
        number++;
      }
      aside = Optional.of(Files.move(directory, parent.resolve(name + ".old-" + number)));
    }
    Files.move(made, directory);
    Durable.sync(parent);
    return aside;
  }

  private static boolean isRejoining(Path directory) {
    if (!Files.exists(directory.resolve(Membership.NAME))) {
      return false;
    }
    try {
      return Membership.open(directory).state() == Membership.State.REJOINING;
    } catch (IOException | StoreException damaged) {
      // Whatever is wrong with the file, it goes aside with everything else.
      LOG.warn("{} cannot be read", directory.resolve(Membership.NAME), damaged);
      return false;
    }
  }

  /**
   * Fetches everything from the other nodes, in the foreground; this node may vote again once it
   * returns.
   *
   * @param progress hears, line by line, what it waits for
   * @throws IOException if this node cannot use its disk or its address
   */
  public static void catchUp(
      HostSettings settings, List<GroupSpec> groups, Consumer<String> progress)
      throws IOException, InterruptedException {
    if (settings.peers().size() == 1) {
      throw new IOException(
          "this is the only node of its cluster: there is nobody to fetch anything from");
    }
    try (RaftHost host = new RaftHost(settings, groups, UnaryOperator.identity(), true)) {
      host.catchUp(progress);
    }
  }
}
