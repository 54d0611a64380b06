package io.mailraft.node.access;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Changes lines of a users file and keeps all others as they are, comments too. The file is
 * replaced as a whole: readers see the old one or the new one, after a crash too.
 */
final class UsersEditor {
  private static final Set<PosixFilePermission> OWNER_ALONE =
      PosixFilePermissions.fromString("rw-------");

  private final Path file;

  UsersEditor(Path file) {
    this.file = file;
  }

  /** The accounts, in the order of the file. */
  List<UserLine> users() throws IOException {
    List<UserLine> users = new ArrayList<>();
    int number = 0;
    for (String line : UsersFile.lines(file)) {
      number++;
      parse(line, number).ifPresent(users::add);
    }
    return users;
  }

  /** Sets the line of an account, and says whether it was there. */
  boolean put(String name, String line) throws IOException {
    List<String> lines = Files.exists(file) ? UsersFile.lines(file) : List.of();
    List<String> changed = new ArrayList<>();
    boolean there = false;
    int number = 0;
    for (String old : lines) {
      number++;
      boolean same = parse(old, number).filter(user -> user.name().equals(name)).isPresent();
      changed.add(same ? line : old);
      there |= same;
    }
    if (!there) {
      changed.add(line);
    }
    write(changed);
    return there;
  }

  /** Removes an account, and says whether it was there. */
  boolean remove(String name) throws IOException {
    List<String> kept = new ArrayList<>();
    List<String> lines = UsersFile.lines(file);
    int number = 0;
    for (String line : lines) {
      number++;
      if (parse(line, number).filter(user -> user.name().equals(name)).isEmpty()) {
        kept.add(line);
      }
    }
    if (kept.size() == lines.size()) {
      return false;
    }
    write(kept);
    return true;
  }

  private Optional<UserLine> parse(String line, int number) throws IOException {
    try {
      return UserLine.parse(line);
    } catch (IllegalArgumentException e) {
      throw new IOException(file + ":" + number + ": " + e.getMessage(), e);
    }
  }

  private void write(List<String> lines) throws IOException {
    Path target = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
    Path folder = Optional.ofNullable(target.getParent()).orElse(Path.of("/"));
    Set<PosixFilePermission> permissions =
        Files.exists(target) ? Files.getPosixFilePermissions(target) : OWNER_ALONE;
    Path fresh =
        Files.createTempFile(
            folder, ".users", ".tmp", PosixFilePermissions.asFileAttribute(OWNER_ALONE));
    try {
      byte[] text =
          (String.join("\n", lines) + (lines.isEmpty() ? "" : "\n"))
              .getBytes(StandardCharsets.UTF_8);
      try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
        ByteBuffer bytes = ByteBuffer.wrap(text);
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        // On disk before it takes the place of the old one: a crash before the rename leaves that,
        // a crash after it finds this one whole.
        channel.force(true);
      }
      if (Files.exists(target)) {
        keepOwner(target, fresh);
      }
      Files.setPosixFilePermissions(fresh, permissions);
      Files.move(
          fresh, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  /** The relay's user must still be able to read what root has edited. */
  private static void keepOwner(Path from, Path to) throws IOException {
    if (!Files.getOwner(to).equals(Files.getOwner(from))) {
      Files.setOwner(to, Files.getOwner(from));
    }
    Object group = Files.getAttribute(from, "posix:group");
    if (!Files.getAttribute(to, "posix:group").equals(group)) {
      Files.setAttribute(to, "posix:group", group);
    }
  }
}
