package io.mailraft.queue.raft;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.mailraft.queue.store.DamagedException;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.server.storage.RaftStorageMetadata;
import org.apache.ratis.server.storage.RaftStorageMetadataFile;
import org.jspecify.annotations.Nullable;

/**
 * The term and the vote of one replica, in the file {@code current/raft-meta}, in the place of
 * Ratis' own class.
 *
 * <p>Ratis 3.3.0 writes and syncs a file beside it and renames it into place, and does not sync the
 * directory. After a power cut the rename can be undone: an old vote returns, and the node can vote
 * a second time in a term, for somebody else. Nor does its file have a checksum: a flipped bit in
 * the term reads as another term.
 *
 * <p>The crash argument. {@link #persist} returns only once the directory is synced, and Ratis
 * sends a vote, asks for one, or answers under a new term only after it returned. A crash before
 * the rename leaves the old file, whole; after it and before the directory's sync, the old or the
 * new one, whole either way, and nobody has heard of the new one; after the sync, the new one. If
 * any step fails the object refuses from then on, because a second sync of what a first one could
 * not bring to disk may succeed without having done so; the replica stops.
 */
final class VoteFile implements RaftStorageMetadataFile {
  static final String NAME = "raft-meta";

  /** First line of a file that Ratis itself wrote, as it does for a new directory. */
  private static final String FIRST_LINE_OF_RATIS = "#";

  private static final Pattern FORM =
      Pattern.compile("crc32c=([0-9a-f]{8})\n(term=(\\d{1,19})\nvotedFor=(.*)\n)");
  private static final Pattern FORM_OF_RATIS =
      Pattern.compile(
          "#\n#.*\n(?:term=(\\d{1,19})\nvotedFor=(.*)\n|votedFor=(.*)\nterm=(\\d{1,19})\n)");

  private final Path file;
  private final Consumer<Throwable> onFailure;
  private RaftStorageMetadata current;
  private @Nullable IOException failed;

  private VoteFile(Path file, RaftStorageMetadata current, Consumer<Throwable> onFailure) {
    this.file = file;
    this.current = current;
    this.onFailure = onFailure;
  }

  /**
   * Puts itself into the place of Ratis' object. To be called before Ratis reads the term, which is
   * when the state machine is initialized.
   *
   * @param onFailure hears why the vote cannot be written; the replica must stop
   * @throws IOException if the file cannot be read or written, or this Ratis has another inside
   * @throws DamagedException if what the file holds is not what was written to it
   */
  static void install(RaftStorage storage, Consumer<Throwable> onFailure) throws IOException {
    Path root = storage.getStorageDir().getRoot().toPath().toAbsolutePath();
    Path current = root.resolve("current");
    VoteFile made = open(current.resolve(NAME), onFailure);
    // Also brings to disk that there is such a directory, which Ratis may have made just now.
    made.write(made.current);
    Durable.sync(root);
    Durable.sync(parent(root));
    place(storage).set(made);
    if (storage.getMetadataFile() != made) {
      throw new IOException("this version of Ratis does not take its vote from where 3.3.0 does");
    }
  }

  /** Reads the file, or stands at term 0 where there is none. */
  static VoteFile open(Path file, Consumer<Throwable> onFailure) throws IOException {
    RaftStorageMetadata read = Files.exists(file) ? read(file) : RaftStorageMetadata.getDefault();
    return new VoteFile(file, read, onFailure);
  }

  /**
   * Reads a term and a vote.
   *
   * @throws DamagedException if the file is not as it was written
   */
  static RaftStorageMetadata read(Path file) throws IOException {
    // Not readString: bytes that are no text are to be found by the checksum.
    String text = new String(Files.readAllBytes(file), UTF_8);
    if (text.lines().findFirst().equals(Optional.of(FIRST_LINE_OF_RATIS))) {
      Matcher byRatis = FORM_OF_RATIS.matcher(text);
      if (byRatis.matches()) {
        boolean termFirst = byRatis.group(1) != null;
        return metadata(byRatis.group(termFirst ? 1 : 4), byRatis.group(termFirst ? 2 : 3));
      }
    }
    Matcher form = FORM.matcher(text);
    if (!form.matches() || !form.group(1).equals(checksum(file, form.group(2)))) {
      throw new DamagedException(
          file, "its checksum is wrong, so neither its term nor its vote can be believed");
    }
    return metadata(form.group(3), form.group(4));
  }

  private static RaftStorageMetadata metadata(String term, String votedFor) {
    return RaftStorageMetadata.valueOf(Long.parseLong(term), RaftPeerId.valueOf(votedFor));
  }

  @Override
  public synchronized RaftStorageMetadata getMetadata() {
    return current;
  }

  @Override
  public synchronized void persist(RaftStorageMetadata next) throws IOException {
    IOException before = failed;
    if (before != null) {
      throw new IOException("the vote could not be brought to disk before", before);
    }
    if (next.equals(current)) {
      return;
    }
    try {
      write(next);
    } catch (IOException e) {
      failed = new IOException(file + " cannot be brought to disk: " + e.getMessage(), e);
      onFailure.accept(failed);
      throw failed;
    }
  }

  private void write(RaftStorageMetadata next) throws IOException {
    String text = "term=" + next.getTerm() + "\nvotedFor=" + next.getVotedFor() + "\n";
    replace(file, "crc32c=" + checksum(file, text) + "\n" + text);
    current = next;
  }

  /** Replaces a small file so that after a crash it is the old or the new one, and then the new. */
  static void replace(Path file, String text) throws IOException {
    Path directory = parent(file);
    Path beside = directory.resolve(file.getFileName() + ".tmp");
    Files.deleteIfExists(beside);
    try (FileChannel channel =
        FileChannel.open(beside, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer bytes = UTF_8.encode(text);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
    Durable.sync(directory);
  }

  /** Also over the group's directory: a file that was copied from another group is not ours. */
  private static String checksum(Path file, String text) {
    CRC32C crc = new CRC32C();
    crc.update(String.valueOf(parent(parent(file)).getFileName()).getBytes(UTF_8));
    crc.update(text.getBytes(UTF_8));
    return "%08x".formatted(crc.getValue());
  }

  private static Path parent(Path of) {
    Path parent = of.toAbsolutePath().getParent();
    if (parent == null) {
      throw new IllegalArgumentException(of + " has no parent");
    }
    return parent;
  }

  /** Where Ratis keeps the object: {@code RaftStorageImpl.metaFile.ref}. */
  private static AtomicReference<RaftStorageMetadataFile> place(RaftStorage storage)
      throws IOException {
    try {
      Object holder = valueOf(storage, "metaFile");
      @SuppressWarnings("unchecked") // Read back by getMetadataFile(), which install() tries.
      AtomicReference<RaftStorageMetadataFile> place =
          (AtomicReference<RaftStorageMetadataFile>) valueOf(holder, "ref");
      return place;
    } catch (ReflectiveOperationException | ClassCastException e) {
      throw new IOException("this version of Ratis keeps its vote elsewhere than 3.3.0 does", e);
    }
  }

  private static Object valueOf(Object of, String name) throws ReflectiveOperationException {
    Field field = of.getClass().getDeclaredField(name);
    field.setAccessible(true);
    Object value = field.get(of);
    if (value == null) {
      throw new NoSuchFieldException(name + " is null");
    }
    return value;
  }
}
