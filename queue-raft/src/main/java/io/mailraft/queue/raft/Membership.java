package io.mailraft.queue.raft;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.mailraft.queue.store.DamagedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.zip.CRC32C;

/**
 * What this node's storage is to the cluster, and which storages of the other nodes it knows: the
 * file {@code member} beside the groups' directories.
 *
 * <p>A storage gets a random number when it is made. It takes part in elections only once enough of
 * the other nodes have that number on disk (see {@link Admission}), so that an emptied one cannot
 * come back under the old name as if it had never promised anything.
 *
 * <p>The file is replaced whole, and synced, at each change (see {@link VoteFile#replace}); what a
 * method changed is on disk when it returns.
 */
final class Membership {
  static final String NAME = "member";

  /** What a storage may do. */
  enum State {
    /** Nobody counts on it yet: it may not vote. */
    NEW,
    /** It votes. */
    MEMBER,
    /** It takes the place of a lost one and has not caught up: it may not vote. */
    REJOINING
  }

  private final Path file;
  private final Map<String, Long> peers = new TreeMap<>();
  private final Set<String> groups = new TreeSet<>();
  private long storage;
  private State state = State.NEW;

  private Membership(Path directory) {
    this.file = directory.resolve(NAME);
  }

  /**
   * Reads the file in a directory, or makes it. A directory that has groups and no such file is one
   * of an earlier version, and a member.
   *
   * @throws DamagedException if there is a file that is not as it was written, or a group that it
   *     names is gone
   */
  static Membership open(Path directory) throws IOException {
    Membership made = new Membership(directory);
    if (Files.exists(made.file)) {
      made.read();
    } else {
      made.storage = ThreadLocalRandom.current().nextLong();
      boolean hasGroups = Durable.list(directory).stream().anyMatch(Membership::isGroup);
      made.state = hasGroups ? State.MEMBER : State.NEW;
      made.write();
    }
    return made;
  }

  private static boolean isGroup(Path path) {
    return Files.isDirectory(path.resolve("current"));
  }

  /**
   * Makes an empty storage that is to take the place of a lost one.
   *
   * @param directory where it is to be; it must not exist
   */
  static void makeRejoining(Path directory) throws IOException {
    Files.createDirectory(directory);
    Durable.sync(directory);
    Membership made = new Membership(directory);
    made.storage = ThreadLocalRandom.current().nextLong();
    made.state = State.REJOINING;
    made.write();
  }

  synchronized State state() {
    return state;
  }

  synchronized long storage() {
    return storage;
  }

  /** Names of the groups that were opened here. */
  synchronized Set<String> groups() {
    return Set.copyOf(groups);
  }

  /** Storage of each other node that is known. */
  synchronized Map<String, Long> peers() {
    return Map.copyOf(peers);
  }

  synchronized void become(State next) throws IOException {
    if (state != next) {
      state = next;
      write();
    }
  }

  synchronized void opened(Set<String> names) throws IOException {
    if (groups.addAll(names)) {
      write();
    }
  }

  /** Notes a node's storage where none is known; false where another one is. */
  synchronized boolean meet(String node, long itsStorage) throws IOException {
    Long known = peers.get(node);
    if (known == null) {
      replace(node, itsStorage);
      return true;
    }
    return known == itsStorage;
  }

  /** Notes a node's storage, whatever was known. */
  synchronized void replace(String node, long itsStorage) throws IOException {
    Long before = peers.put(node, itsStorage);
    if (before == null || before != itsStorage) {
      write();
    }
  }

  private void write() throws IOException {
    StringBuilder text = new StringBuilder();
    text.append("storage=").append(HexFormat.of().toHexDigits(storage)).append('\n');
    text.append("state=").append(state).append('\n');
    groups.forEach(group -> text.append("group=").append(group).append('\n'));
    peers.forEach(
        (node, its) ->
            text.append("node=")
                .append(HexFormat.of().toHexDigits(its))
                .append(' ')
                .append(node)
                .append('\n'));
    VoteFile.replace(file, "crc32c=" + checksum(text.toString()) + "\n" + text);
  }

  private void read() throws IOException {
    String all = Files.readString(file, UTF_8);
    int end = all.indexOf('\n') + 1;
    String text = all.substring(end);
    if (!all.substring(0, end).equals("crc32c=" + checksum(text) + "\n")) {
      throw new DamagedException(file, "its checksum is wrong");
    }
    for (Map.Entry<String, List<String>> line : lines(text).entrySet()) {
      for (String value : line.getValue()) {
        switch (line.getKey()) {
          case "storage" -> storage = HexFormat.fromHexDigitsToLong(value);
          case "state" -> state = State.valueOf(value);
          case "group" -> groups.add(value);
          case "node" ->
              peers.put(value.substring(17), HexFormat.fromHexDigitsToLong(value, 0, 16));
          default ->
              throw new IOException(
                  file + " holds " + line.getKey() + ", which this version does not know");
        }
      }
    }
  }

  private static Map<String, List<String>> lines(String text) {
    Map<String, List<String>> found = new LinkedHashMap<>();
    text.lines()
        .forEach(
            line -> {
              int equals = Math.max(0, line.indexOf('='));
              found
                  .computeIfAbsent(line.substring(0, equals), _ -> new ArrayList<>())
                  .add(line.substring(equals + 1));
            });
    return found;
  }

  private static String checksum(String text) {
    CRC32C crc = new CRC32C();
    crc.update(text.getBytes(UTF_8));
    return "%08x".formatted(crc.getValue());
  }
}
