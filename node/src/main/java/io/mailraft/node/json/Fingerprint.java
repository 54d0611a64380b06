package io.mailraft.node.json;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A hash of what a JSON document says, however it is written: blanks, escapes and the order of the
 * fields make no difference. Built token by token.
 */
public final class Fingerprint {
  private static final int BLOCK_BYTES = 16 << 10;

  private final ArrayDeque<Level> levels = new ArrayDeque<>();
  private final MessageDigest digest = sha256();
  private byte[] whole = new byte[0];

  /** An object or a list that is not over yet. */
  private static final class Level {
    private final boolean object;
    private final List<byte[]> members = new ArrayList<>();
    private byte[] name = new byte[0];

    /** Of the elements so far; an object's members are put in order first. */
    private final MessageDigest elements = sha256();

    Level(boolean object) {
      this.object = object;
    }

    byte[] end() {
      if (object) {
        members.sort(Arrays::compareUnsigned);
        elements.update((byte) '{');
        members.forEach(elements::update);
      } else {
        elements.update((byte) '[');
      }
      return elements.digest();
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK has no SHA-256", e);
    }
  }

  void begin(boolean object) {
    levels.push(new Level(object));
  }

  void end() {
    value(levels.pop().end());
  }

  void name(String name) {
    levels.element().name = name.getBytes(StandardCharsets.UTF_8);
  }

  /** A string, as UTF-8. */
  void string(InputStream utf8) throws IOException {
    digest.update((byte) '"');
    byte[] block = new byte[BLOCK_BYTES];
    for (int count = utf8.read(block); count >= 0; count = utf8.read(block)) {
      digest.update(block, 0, count);
    }
    value(digest.digest());
  }

  void string(String text) {
    digest.update((byte) '"');
    digest.update(text.getBytes(StandardCharsets.UTF_8));
    value(digest.digest());
  }

  /** A number, true, false or null, as it is written. */
  void word(String text) {
    digest.update((byte) ' ');
    digest.update(text.getBytes(StandardCharsets.UTF_8));
    value(digest.digest());
  }

  private void value(byte[] hash) {
    Level level = levels.peek();
    if (level == null) {
      whole = hash;
    } else if (level.object) {
      digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(level.name.length).flip());
      digest.update(level.name);
      digest.update(hash);
      level.members.add(digest.digest());
    } else {
      level.elements.update(hash);
    }
  }

  /**
   * SHA-256 of the document, 32 bytes.
   *
   * @throws IllegalStateException if the document is not over
   */
  public byte[] value() {
    if (whole.length == 0) {
      throw new IllegalStateException("the document is not read to its end");
    }
    return whole.clone();
  }
}
