package io.mailraft.ops.house;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The text files of the repository, without what is built or belongs to other tools. */
final class SourceTree {
  private static final int FILE_BYTES_MAX = 4 << 20;
  private static final Set<String> SKIPPED = Set.of("target", "data", "node_modules");
  private static final Set<String> HIDDEN_BUT_OURS = Set.of(".mvn", ".ci");

  private SourceTree() {}

  static List<SourceFile> read(Path root) throws IOException {
    List<SourceFile> files = new ArrayList<>();
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            return folder.equals(root) || isOurs(root.relativize(folder))
                ? FileVisitResult.CONTINUE
                : FileVisitResult.SKIP_SUBTREE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            String path = root.relativize(file).toString().replace('\\', '/');
            if (attributes.isRegularFile()
                && attributes.size() <= FILE_BYTES_MAX
                && !path.equals(".git")
                && !path.endsWith(".log")) {
              text(file).ifPresent(text -> files.add(new SourceFile(path, text)));
            }
            return FileVisitResult.CONTINUE;
          }
        });
    return files;
  }

  /** Only a folder of the root may be called {@code data}: elsewhere it may be a package. */
  private static boolean isOurs(Path folder) {
    String name = folder.getFileName().toString();
    if (name.startsWith(".")) {
      return HIDDEN_BUT_OURS.contains(name);
    }
    return !SKIPPED.contains(name) || (name.equals("data") && folder.getNameCount() > 1);
  }

  private static Optional<String> text(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    for (byte b : bytes) {
      if (b == 0) {
        return Optional.empty(); // Binary.
      }
    }
    try {
      return Optional.of(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      return Optional.empty(); // Not text in the one encoding that we use: binary as well.
    }
  }
}
