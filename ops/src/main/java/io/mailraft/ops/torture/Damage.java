package io.mailraft.ops.torture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What is done to files of a node's data.
 *
 * <p>The log is harmed well before its end. At the very end a flipped length or a cut looks like a
 * write that a crash tore, which is not told from damage and not promised to be
 * (docs/durability.md).
 *
 * @param kind which files
 * @param cut whether the second half goes; else bits are flipped
 * @param running whether the node runs meanwhile, as with a disk that rots; else it was stopped
 */
public record Damage(Kind kind, boolean cut, boolean running) {
  private static final int FLIPPED_BIT = 4;

  /** Flips in tables and blobs: in each block of theirs. */
  private static final int FLIP_EVERY_BYTES = 500;

  private static final int FLIP_FROM_BYTE = 100;
  private static final int READ_BYTES = 1 << 20;
  private static final int ATTEMPTS_MAX = 10;

  /** Kinds of files. */
  public enum Kind {
    /** The longest file of a log: one bit, a third on. */
    LOG("current/log_.*"),
    /** All tables of all databases, many bits. */
    TABLE("db/\\d+\\.sst"),
    /** All blob files of all databases, many bits. */
    BLOB("db/\\d+\\.blob"),
    /** Term and vote of one group. */
    VOTE("current/raft-meta"),
    /** What this storage is to the cluster. */
    MEMBER("member");

    private final String form;

    Kind(String form) {
      this.form = form;
    }

    private List<Path> files(Path raft) throws IOException {
      try (Stream<Path> all = Files.walk(raft)) {
        return all.filter(file -> raft.relativize(file).toString().matches("([^/]+/)?" + form))
            .filter(file -> file.toFile().length() > 0)
            .sorted()
            .toList();
      }
    }
  }

  public Damage {
    if (cut && running) {
      throw new IllegalArgumentException("a disk that rots cuts no file under a process");
    }
  }

  /**
   * Whether the next start cannot but find it. Tables and blobs may hold nothing that is read any
   * more, and what is damaged under a node that runs it may have written anew since.
   */
  boolean certain() {
    return !running && kind != Kind.TABLE && kind != Kind.BLOB;
  }

  /**
   * Does it. Where there are no such files, the log is harmed instead.
   *
   * @param data the node's data directory
   * @return what was harmed, and whether the next start cannot but find it
   */
  Done inflict(Path data) throws IOException {
    for (int attempt = 1; attempt < ATTEMPTS_MAX; attempt++) {
      try {
        return once(data);
      } catch (NoSuchFileException | UncheckedIOException e) {
        if (!running) {
          throw e;
        } // The node removed a file meanwhile, as it does with logs and tables that it needs no
        // more.
      }
    }
    return once(data);
  }

  private Done once(Path data) throws IOException {
    Path raft = data.resolve("raft");
    List<Path> files = kind.files(raft);
    boolean several = kind == Kind.TABLE || kind == Kind.BLOB;
    if (several && files.stream().noneMatch(file -> file.toFile().length() > FLIP_EVERY_BYTES)) {
      return new Damage(Kind.LOG, cut, running).once(data);
    }
    List<String> harmed = new ArrayList<>();
    for (Path file : several ? files : List.of(longest(files, raft))) {
      long used = kind == Kind.LOG ? used(file) : Files.size(file);
      if (cut) {
        cut(file, used / 2);
      } else if (several) {
        for (long at = Math.min(FLIP_FROM_BYTE, used / 2); at < used; at += FLIP_EVERY_BYTES) {
          flip(file, at);
        }
      } else {
        flip(file, used / 3);
      }
      harmed.add(raft.relativize(file).toString());
    }
    return new Done(harmed, certain());
  }

  /**
   * What was done.
   *
   * @param files the files, relative to the directory of logs and databases
   * @param certain whether the next start cannot but find it
   */
  record Done(List<String> files, boolean certain) {}

  private static Path longest(List<Path> files, Path raft) throws IOException {
    long most = 1;
    Optional<Path> found = Optional.empty();
    for (Path file : files) {
      long used = used(file);
      if (used > most) {
        most = used;
        found = Optional.of(file);
      }
    }
    return found.orElseThrow(() -> new IOException("there is nothing to damage in " + raft));
  }

  /** Bytes up to the last that is not zero: the log is written over zeros. */
  private static long used(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long end = channel.size();
      ByteBuffer buffer = ByteBuffer.allocate(READ_BYTES);
      while (end > 0) {
        long from = Math.max(0, end - READ_BYTES);
        buffer.clear().limit((int) (end - from));
        int read;
        do {
          read = channel.read(buffer, from + buffer.position());
        } while (read > 0 && buffer.hasRemaining());
        for (int at = buffer.position() - 1; at >= 0; at--) {
          if (buffer.get(at) != 0) {
            return from + at + 1;
          }
        }
        end = from;
      }
      return 0;
    }
  }

  private static void flip(Path file, long at) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      if (channel.read(one, at) == 1) {
        one.put(0, (byte) (one.get(0) ^ FLIPPED_BIT)).rewind();
        channel.write(one, at);
      }
    }
  }

  private static void cut(Path file, long length) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(length);
    }
  }

  @Override
  public String toString() {
    return kind.name().toLowerCase(Locale.ROOT)
        + (cut ? " cut" : " flipped")
        + (running ? " while it runs" : "");
  }
}
