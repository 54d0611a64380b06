package io.mailraft.queue;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.mailraft.api.log.IdempotencyKey;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The name that a client gave to a request, so that its repeats are known as such, and what the
 * request was.
 *
 * @param hash SHA-256 of the account and the client's key; names the shard too
 * @param fingerprint SHA-256 of the request
 */
public record RequestKey(ByteString hash, ByteString fingerprint) {
  /** Length of either, in bytes. */
  public static final int BYTES = 32;

  public RequestKey {
    if (hash.size() != BYTES || fingerprint.size() != BYTES) {
      throw new IllegalArgumentException("a request key is made of two SHA-256 hashes");
    }
  }

  /**
   * Names a request.
   *
   * @param account whose key it is: two accounts may use the same
   * @param key what the client said
   * @param fingerprint SHA-256 of the request
   */
  public static RequestKey of(String account, String key, byte[] fingerprint) {
    byte[] owner = account.getBytes(StandardCharsets.UTF_8);
    MessageDigest digest = sha256();
    // The length in front: no account and key look like another account and key.
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(owner.length).flip());
    digest.update(owner);
    digest.update(key.getBytes(StandardCharsets.UTF_8));
    return new RequestKey(
        UnsafeByteOperations.unsafeWrap(digest.digest()), ByteString.copyFrom(fingerprint));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK has no SHA-256", e);
    }
  }

  /** The shard, of so many, that knows it. */
  int shard(int shards) {
    return Math.floorMod(hash.asReadOnlyByteBuffer().getInt(), shards);
  }

  IdempotencyKey record() {
    return IdempotencyKey.newBuilder().setHash(hash).setFingerprint(fingerprint).build();
  }
}
