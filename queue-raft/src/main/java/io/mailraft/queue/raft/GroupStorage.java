package io.mailraft.queue.raft;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.mailraft.queue.store.Store;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.statemachine.SnapshotRetentionPolicy;
import org.apache.ratis.statemachine.StateMachineStorage;
import org.apache.ratis.statemachine.impl.FileListSnapshotInfo;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The snapshots of one replica: directories {@code sm/<term>_<index>/}, each a copy of the database
 * at that index.
 *
 * <p>The crash argument. A snapshot that is taken here is made under the name {@code sm/making},
 * synced, and renamed: a directory of the final name is whole. One that a leader sends is gathered
 * by Ratis in {@code tmp/}; Ratis renames the old {@code sm} away and the new one into place, in
 * two steps and without a sync. The files are synced here just before ({@link #syncReceived}). A
 * crash between the two steps leaves no {@code sm} at all, but the database as it was, which is
 * never older than the last snapshot taken here (making one flushes it): see {@code
 * GroupStateMachine}. What a broken transfer leaves in {@code tmp/} goes while the next one runs
 * ({@link Received}), or at the next start.
 *
 * <p>Only the newest snapshot is kept, and any older one that a lagging node was still reading from
 * a moment ago.
 */
final class GroupStorage implements StateMachineStorage {
  private static final Logger LOG = LoggerFactory.getLogger(GroupStorage.class);
  private static final Pattern NAME = Pattern.compile("(\\d+)_(\\d+)");
  private static final Pattern SEGMENT = Pattern.compile("log_(?:inprogress_)?(\\d+)(?:-\\d+)?");
  private static final String MAKING = "making";

  /** A snapshot whose files were asked for within this time is not removed. */
  private static final Duration READING = Duration.ofSeconds(60);

  private @Nullable Path root;
  private final List<Snapshot> older = new ArrayList<>();
  private volatile @Nullable Snapshot latest;

  /** A snapshot on disk, which notes when Ratis reads of it. */
  private static final class Snapshot extends FileListSnapshotInfo {
    private final Path directory;
    private volatile long readNanos;
    private volatile boolean read;

    Snapshot(Path directory, List<FileInfo> files, TermIndex at) {
      super(files, at);
      this.directory = directory;
    }

    @Override
    public List<FileInfo> getFiles() {
      readNanos = System.nanoTime();
      read = true;
      return super.getFiles();
    }

    boolean isRead() {
      return read && System.nanoTime() - readNanos < READING.toNanos();
    }
  }

  @Override
  public void init(RaftStorage raftStorage) throws IOException {
    root = raftStorage.getStorageDir().getRoot().toPath().toAbsolutePath();
    Files.createDirectories(snapshots());
    for (Path left : Durable.list(root())) {
      if (left.getFileName().toString().startsWith("sm.tmp")) {
        LOG.info("removing {}, left over from a snapshot that was being installed", left);
        Durable.remove(left);
      }
    }
    for (Path left : Durable.list(received())) {
      LOG.info("removing {}, a snapshot that was not received to its end", left);
      Durable.remove(left);
    }
    load();
  }

  /** Looks for the newest whole snapshot on disk, and removes what is not one. */
  void load() throws IOException {
    List<Snapshot> found = new ArrayList<>();
    for (Path directory : Durable.list(snapshots())) {
      Matcher name = NAME.matcher(directory.getFileName().toString());
      if (name.matches() && isWhole(directory)) {
        found.add(
            read(
                directory,
                TermIndex.valueOf(Long.parseLong(name.group(1)), Long.parseLong(name.group(2)))));
      } else {
        LOG.warn("removing {}, which is not a whole snapshot", directory);
        Durable.remove(directory);
      }
    }
    found.sort(Comparator.comparingLong(Snapshot::getIndex));
    latest = found.isEmpty() ? null : found.removeLast();
    synchronized (older) {
      older.clear();
      older.addAll(found);
    }
  }

  /**
   * Takes a snapshot.
   *
   * @param at last entry that the state contains
   * @throws IOException if it could not be made; nothing is left of it then
   */
  void take(Store store, TermIndex at) throws IOException {
    Snapshot before = latest;
    if (before != null && before.getTermIndex().equals(at)) {
      return;
    }
    long beganNanos = System.nanoTime();
    Path making = snapshots().resolve(MAKING);
    Durable.remove(making);
    store.checkpoint(making);
    Path made = snapshots().resolve(at.getTerm() + "_" + at.getIndex());
    syncCopied(making);
    Files.move(making, made);
    // Before this returns Ratis removes no log entry, so a crash up to here leaves the older
    // snapshot and its log.
    Durable.sync(snapshots());
    latest = read(made, at);
    LOG.info(
        "{} was taken in {} ms, for which nothing was applied",
        made,
        (System.nanoTime() - beganNanos) / 1_000_000);
    if (before != null) {
      synchronized (older) {
        older.add(before);
      }
    }
  }

  /**
   * Brings what is the copy's own to disk. Tables and blobs are links to files that the database
   * wrote and synced before it named them; to sync those again takes time for which nothing is
   * applied.
   */
  private static void syncCopied(Path copy) throws IOException {
    for (Path file : Durable.list(copy)) {
      String name = file.getFileName().toString();
      if (!name.endsWith(".sst") && !name.endsWith(".blob")) {
        Durable.sync(file);
      }
    }
    Durable.sync(copy);
  }

  /** The newest snapshot, to look at; empty where there is none. */
  Optional<GroupVitals.SnapshotFacts> facts() {
    Optional<Path> newest = directory();
    try {
      return newest.isEmpty()
          ? Optional.empty()
          : Optional.of(
              new GroupVitals.SnapshotFacts(
                  LogCounts.size(newest.get()),
                  // Written when it was made or received, unlike tables that are shared.
                  Files.getLastModifiedTime(newest.get().resolve("CURRENT")).toInstant()));
    } catch (IOException e) {
      return Optional.empty(); // Removed in this moment for a newer one.
    }
  }

  /** Size of the newest snapshot's files, in bytes. */
  long snapshotBytes() {
    return directory().map(LogCounts::size).orElse(0L);
  }

  /** Size of the log's files, in bytes. */
  long logBytes() {
    Path is = root;
    return is == null ? 0 : LogCounts.size(is.resolve("current"));
  }

  /** Brings what was received of a snapshot to disk, before Ratis moves it into place. */
  void syncReceived() throws IOException {
    for (Path received : Durable.list(received())) {
      Durable.syncTree(received);
    }
  }

  /** Removes what was received of snapshots whose transfer was broken off. */
  void dropBrokenOff() {
    if (root == null) {
      return;
    }
    try {
      Received.dropBrokenOff(received());
    } catch (NoSuchFileException e) {
      LOG.debug("received to its end in this moment", e);
    } catch (IOException e) {
      LOG.warn("what is left of snapshots in {} cannot be removed: {}", received(), e.toString());
    }
  }

  /** Whether the newest snapshot is being sent to another node. */
  boolean isRead() {
    Snapshot newest = latest;
    return newest != null && newest.isRead();
  }

  /** Directory of the newest snapshot, if there is one. */
  Optional<Path> directory() {
    return Optional.ofNullable(latest).map(snapshot -> snapshot.directory);
  }

  /** The group's directory. */
  Path root() {
    Path is = root;
    if (is == null) {
      throw new IllegalStateException("the storage is used before its start");
    }
    return is;
  }

  /** First index of the log on disk; empty where there is no log. */
  Optional<Long> logStart() throws IOException {
    return Durable.list(root().resolve("current")).stream()
        .map(file -> SEGMENT.matcher(file.getFileName().toString()))
        .filter(Matcher::matches)
        .map(name -> Long.valueOf(name.group(1)))
        .min(Comparator.naturalOrder());
  }

  @Override
  public @Nullable SnapshotInfo getLatestSnapshot() {
    return latest;
  }

  @Override
  public void format() {
    // Ratis clears the directories itself.
  }

  @Override
  public void cleanupOldSnapshots(SnapshotRetentionPolicy policy) throws IOException {
    dropOlder();
  }

  /** Removes all snapshots but the newest, and those that a lagging node reads from. */
  void dropOlder() throws IOException {
    List<Snapshot> gone;
    synchronized (older) {
      gone = older.stream().filter(snapshot -> !snapshot.isRead()).toList();
      older.removeAll(gone);
    }
    for (Snapshot snapshot : gone) {
      Durable.remove(snapshot.directory);
    }
  }

  @Override
  public File getSnapshotDir() {
    return snapshots().toFile();
  }

  @Override
  public File getTmpDir() {
    return received().toFile();
  }

  private Path snapshots() {
    return root().resolve("sm");
  }

  private Path received() {
    return root().resolve("tmp");
  }

  private static boolean isWhole(Path directory) throws IOException {
    Path current = directory.resolve("CURRENT");
    return Files.isRegularFile(current)
        && Files.isRegularFile(directory.resolve(Files.readString(current, UTF_8).strip()));
  }

  private static Snapshot read(Path directory, TermIndex at) throws IOException {
    List<FileInfo> files = new ArrayList<>();
    for (Path file : Durable.list(directory)) {
      // Ratis puts these beside the files that it receives.
      if (!file.getFileName().toString().endsWith(".md5")) {
        files.add(digestedOnSending(file));
      }
    }
    return new Snapshot(directory, files, at);
  }

  /** Ratis takes null for a digest that it is to compute while it sends the file. */
  private static FileInfo digestedOnSending(Path file) {
    return new FileInfo(file, null);
  }
}
