package io.mailraft.node.access;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The accounts of a file, as it was when it was last read and could be used. */
final class UsersFile {
  private static final int FILE_BYTES_MAX = 32 << 20;

  private final Path file;
  private volatile Users users;

  /** What the file holds, and how often it was read. */
  private record Users(Map<String, UserLine> byName, List<PasswordHash> hashes, long generation) {
    Users(Map<String, UserLine> byName, long generation) {
      this(byName, byName.values().stream().map(UserLine::hash).toList(), generation);
    }
  }

  /**
   * Reads the file.
   *
   * @throws IOException if it cannot be used; the message says what and where
   */
  UsersFile(Path file) throws IOException {
    this.file = file;
    this.users = new Users(read(file), 0);
  }

  /**
   * Reads the file again; what it held stays if it cannot be used.
   *
   * @throws IOException if it cannot be used
   */
  void reload() throws IOException {
    users = new Users(read(file), users.generation + 1);
  }

  Optional<UserLine> find(String name) {
    return Optional.ofNullable(users.byName.get(name));
  }

  /**
   * A hash of an account, to be checked for a name that the file does not have: it takes as long as
   * one of a name that it has.
   *
   * @param seed chooses the account; the same for the same name, and unknown to whoever asks
   */
  Optional<PasswordHash> anyHash(int seed) {
    List<PasswordHash> hashes = users.hashes;
    return hashes.isEmpty()
        ? Optional.empty()
        : Optional.of(hashes.get(Math.floorMod(seed, hashes.size())));
  }

  /** Differs after each time that the file was read. */
  long generation() {
    return users.generation;
  }

  int count() {
    return users.byName.size();
  }

  /** Lines of a file as they are. */
  static List<String> lines(Path file) throws IOException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(FILE_BYTES_MAX + 1);
    } catch (NoSuchFileException e) {
      throw new IOException(
          file + ": there is no such file; make it with \"mailraft user add\"", e);
    }
    if (bytes.length > FILE_BYTES_MAX) {
      throw new IOException(file + ": larger than " + FILE_BYTES_MAX + " bytes");
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes))
          .toString()
          .lines()
          .toList();
    } catch (CharacterCodingException e) {
      throw new IOException(file + ": this is not UTF-8 text", e);
    }
  }

  private static Map<String, UserLine> read(Path file) throws IOException {
    Map<String, UserLine> byName = new HashMap<>();
    int number = 0;
    for (String line : lines(file)) {
      number++;
      try {
        Optional<UserLine> user = UserLine.parse(line);
        if (user.isPresent() && byName.putIfAbsent(user.get().name(), user.get()) != null) {
          throw new IllegalArgumentException(user.get().name() + " is there twice; keep one");
        }
      } catch (IllegalArgumentException e) {
        throw new IOException(file + ":" + number + ": " + e.getMessage(), e);
      }
    }
    return byName;
  }
}
