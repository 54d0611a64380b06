package io.mailraft.node.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.generators.OpenBSDBCrypt;
import org.bouncycastle.crypto.params.Argon2Parameters;

/**
 * The hash of a password: Argon2id (RFC 9106) in the string form of its reference implementation,
 * or bcrypt. What a check may cost is bounded, since whoever connects can ask for one.
 */
sealed interface PasswordHash {
  /** What {@link #make} takes: 19 MiB, two passes, as OWASP advises for one lane. */
  int MEMORY_KIB = 19 * 1024;

  int PASSES = 2;

  /** Dearest hash that is taken from a file. */
  int MEMORY_KIB_MAX = 64 * 1024;

  int PASSES_MAX = 16;
  int LANES_MAX = 4;
  int BCRYPT_COST_MAX = 14;
  int SALT_BYTES = 16;
  int HASH_BYTES = 32;

  Pattern ARGON2ID =
      Pattern.compile(
          "\\$argon2id\\$v=19\\$m=(\\d{1,7}),t=(\\d{1,3}),p=(\\d{1,2})\\$([A-Za-z0-9+/]{11,86})\\$([A-Za-z0-9+/]{22,86})");
  Pattern BCRYPT = Pattern.compile("\\$2[aby]\\$(\\d\\d)\\$[./A-Za-z0-9]{53}");

  /** Whether it is the hash of that password. */
  boolean matches(String password);

  /**
   * Reads the string form.
   *
   * @throws IllegalArgumentException if it is none, or too dear; the message says what would be
   *     right
   */
  static PasswordHash parse(String text) {
    Matcher argon = ARGON2ID.matcher(text);
    if (argon.matches()) {
      int memory = Integer.parseInt(argon.group(1));
      int passes = Integer.parseInt(argon.group(2));
      int lanes = Integer.parseInt(argon.group(3));
      if (lanes < 1
          || lanes > LANES_MAX
          || passes < 1
          || passes > PASSES_MAX
          || memory < 8 * lanes
          || memory > MEMORY_KIB_MAX) {
        throw new IllegalArgumentException(
            "an Argon2id hash with m="
                + memory
                + ",t="
                + passes
                + ",p="
                + lanes
                + "; expected at most m="
                + MEMORY_KIB_MAX
                + ",t="
                + PASSES_MAX
                + ",p="
                + LANES_MAX);
      }
      return new Argon2id(
          memory,
          passes,
          lanes,
          Base64.getDecoder().decode(argon.group(4)),
          Base64.getDecoder().decode(argon.group(5)));
    }
    Matcher bcrypt = BCRYPT.matcher(text);
    if (bcrypt.matches()) {
      int cost = Integer.parseInt(bcrypt.group(1));
      if (cost < 4 || cost > BCRYPT_COST_MAX) {
        throw new IllegalArgumentException(
            "a bcrypt hash of cost " + cost + "; expected 4 to " + BCRYPT_COST_MAX);
      }
      return new Bcrypt(text);
    }
    throw new IllegalArgumentException(
        "no hash that is known; expected $argon2id$v=19$... or $2y$...");
  }

  /** Hashes a password. */
  static String make(String password, SecureRandom random) {
    byte[] salt = new byte[SALT_BYTES];
    random.nextBytes(salt);
    byte[] hash = Argon2id.compute(password, MEMORY_KIB, PASSES, 1, salt, HASH_BYTES);
    Base64.Encoder base64 = Base64.getEncoder().withoutPadding();
    return "$argon2id$v=19$m="
        + MEMORY_KIB
        + ",t="
        + PASSES
        + ",p=1$"
        + base64.encodeToString(salt)
        + '$'
        + base64.encodeToString(hash);
  }

  /** Argon2id, version 1.3. */
  final class Argon2id implements PasswordHash {
    private final int memoryKib;
    private final int passes;
    private final int lanes;
    private final byte[] salt;
    private final byte[] hash;

    private Argon2id(int memoryKib, int passes, int lanes, byte[] salt, byte[] hash) {
      this.memoryKib = memoryKib;
      this.passes = passes;
      this.lanes = lanes;
      this.salt = salt;
      this.hash = hash;
    }

    @Override
    public boolean matches(String password) {
      return MessageDigest.isEqual(
          hash, compute(password, memoryKib, passes, lanes, salt, hash.length));
    }

    private static byte[] compute(
        String password, int memoryKib, int passes, int lanes, byte[] salt, int length) {
      Argon2BytesGenerator generator = new Argon2BytesGenerator();
      generator.init(
          new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
              .withVersion(Argon2Parameters.ARGON2_VERSION_13)
              .withMemoryAsKB(memoryKib)
              .withIterations(passes)
              .withParallelism(lanes)
              .withSalt(salt)
              .build());
      byte[] computed = new byte[length];
      generator.generateBytes(password.getBytes(StandardCharsets.UTF_8), computed);
      return computed;
    }
  }

  /** Bcrypt, which looks at the first 72 bytes of a password. */
  final class Bcrypt implements PasswordHash {
    private final String text;

    private Bcrypt(String text) {
      this.text = text;
    }

    @Override
    public boolean matches(String password) {
      return OpenBSDBCrypt.checkPassword(text, password.toCharArray());
    }
  }
}
