package io.mailraft.queue.raft;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.mailraft.api.member.Storage;
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
 * come back under the old name as if it had never promised anything. A storage that rejoins gets a
 * generation above that of each storage it replaces, by which also those nodes that were away
 * meanwhile tell the new one from the old one.
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
  private final Map<String, Storage> peers = new TreeMap<>();
  private final Set<String> groups = new TreeSet<>();
  private Storage storage;
  private State state = State.NEW;

  private Membership(Path directory) {
    this.file = directory.resolve(NAME);
    this.storage = storage(ThreadLocalRandom.current().nextLong(), 0);
  }

  private static Storage storage(long number, long generation) {
    return Storage.newBuilder().setNumber(number).setGeneration(generation).build();
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
    made.state = State.REJOINING;
    made.write();
  }

  synchronized State state() {
    return state;
  }

  synchronized Storage storage() {
    return storage;
  }

  /** Names of the groups that were opened here. */
  synchronized Set<String> groups() {
    return Set.copyOf(groups);
  }

  /** Storage of each other node that is known. */
  synchronized Map<String, Storage> peers() {
    return Map.copyOf(peers);
  }

  synchronized void become(State next) throws IOException {
    if (state != next) {
      state = next;
      write();
    }
  }

  /**
   * Checks the groups that are to be opened against those that were opened before.
   *
   * @param votes the file of each group's vote
   * @throws DamagedException if one was opened before and its vote is gone
   * @throws IOException if one that was opened before is not among them
   */
  synchronized void check(Map<String, Path> votes) throws IOException {
    for (String group : groups) {
      Path vote = votes.get(group);
      if (vote == null) {
        throw new IOException(
            file.getParent()
                + " holds the group "
                + group
                + ", and this node is told to run "
                + String.join(", ", votes.keySet())
                + ": the number of shards can grow, but not shrink. Set cluster.shards as it was");
      }
      if (!Files.exists(vote)) {
        throw new DamagedException(vote, "it is gone");
      }
    }
  }

  synchronized void opened(Set<String> names) throws IOException {
    if (groups.addAll(names)) {
      write();
    }
  }

  /** Gives this storage a generation, if it has a lower one. */
  synchronized void raise(long generation) throws IOException {
    if (generation > storage.getGeneration()) {
      storage = storage(storage.getNumber(), generation);
      write();
    }
  }

  /**
   * Notes a node's storage where none is known, or one of a lower generation: it has replaced that,
   * which other nodes saw. False where another one is known.
   */
  synchronized boolean meet(String node, Storage its) throws IOException {
    Storage known = peers.get(node);
    if (known == null || its.getGeneration() > known.getGeneration()) {
      note(node, its);
      return true;
    }
    return known.getNumber() == its.getNumber();
  }

  /**
   * Notes a storage that is about to replace the one that is known.
   *
   * @return the same with its generation, above that of the other one
   */
  synchronized Storage replace(String node, Storage its) throws IOException {
    Storage known = peers.get(node);
    if (known != null && known.getNumber() == its.getNumber()) {
      return known; // It has asked before.
    }
    long generation = known == null ? 1 : known.getGeneration() + 1;
    note(node, storage(its.getNumber(), Math.max(generation, its.getGeneration())));
    return peers.getOrDefault(node, its);
  }

  private void note(String node, Storage its) throws IOException {
    if (!its.equals(peers.put(node, its))) {
      write();
    }
  }

  private void write() throws IOException {
    StringBuilder text = new StringBuilder();
    text.append("storage=").append(text(storage)).append('\n');
    text.append("state=").append(state).append('\n');
    groups.forEach(group -> text.append("group=").append(group).append('\n'));
    peers.forEach(
        (node, its) ->
            text.append("node=").append(text(its)).append(' ').append(node).append('\n'));
    VoteFile.replace(file, "crc32c=" + checksum(text.toString()) + "\n" + text);
  }

  private static String text(Storage its) {
    return HexFormat.of().toHexDigits(its.getNumber()) + " " + its.getGeneration();
  }

  private static Storage storage(String text) {
    int blank = text.indexOf(' ');
    return storage(
        HexFormat.fromHexDigitsToLong(text, 0, blank), Long.parseLong(text.substring(blank + 1)));
  }

  private void read() throws IOException {
    // Not readString: bytes that are no text are to be found by the checksum.
    String all = new String(Files.readAllBytes(file), UTF_8);
    int end = all.indexOf('\n') + 1;
    String text = all.substring(end);
    if (!all.substring(0, end).equals("crc32c=" + checksum(text) + "\n")) {
      throw new DamagedException(file, "its checksum is wrong");
    }
    for (Map.Entry<String, List<String>> line : lines(text).entrySet()) {
      for (String value : line.getValue()) {
        switch (line.getKey()) {
          case "storage" -> storage = storage(value);
          case "state" -> state = State.valueOf(value);
          case "group" -> groups.add(value);
          case "node" -> {
            int blank = value.indexOf(' ', value.indexOf(' ') + 1);
            peers.put(value.substring(blank + 1), storage(value.substring(0, blank)));
          }
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
