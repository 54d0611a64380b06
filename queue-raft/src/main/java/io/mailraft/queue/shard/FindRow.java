package io.mailraft.queue.shard;

import io.mailraft.api.stored.StoredDelivery;
import io.mailraft.api.stored.StoredMessage;
import io.mailraft.queue.MessageId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The keys of search: what is searched, the hash of its value, the message, and of a recipient the
 * number of its delivery. A hash can stand for several values, so whoever finds a message compares
 * it. Letters of ASCII count as their small ones; others differ, for what they become depends on
 * the version of Unicode, and all replicas must agree.
 */
final class FindRow {
  /** What can be searched by a row. */
  enum Kind {
    SENDER('s'),
    RECIPIENT('r'),
    TAG('t');

    private final byte letter;

    Kind(char letter) {
      this.letter = (byte) letter;
    }
  }

  private static final long FNV_OFFSET = 0xcbf29ce484222325L;
  private static final long FNV_PRIME = 0x100000001b3L;
  private static final int HEAD_BYTES = 1 + Long.BYTES;
  private static final int KEY_BYTES = HEAD_BYTES + MessageId.BYTES + Integer.BYTES;

  private FindRow() {}

  /** The keys of a message; the deliveries stand in the order of their numbers, from 1. */
  static List<byte[]> keys(MessageId id, StoredMessage message, List<StoredDelivery> deliveries) {
    List<String> tags = message.getEnvelope().getTagsList();
    List<byte[]> keys = new ArrayList<>(1 + tags.size() + deliveries.size());
    keys.add(key(Kind.SENDER, message.getEnvelope().getSender(), id, 0));
    tags.forEach(tag -> keys.add(key(Kind.TAG, tag, id, 0)));
    for (int i = 0; i < deliveries.size(); i++) {
      keys.add(key(Kind.RECIPIENT, deliveries.get(i).getAddress(), id, i + 1));
    }
    return keys;
  }

  /** First key behind which those of a value stand. */
  static byte[] first(Kind kind, String value) {
    return ByteBuffer.allocate(HEAD_BYTES).put(kind.letter).putLong(hash(value)).array();
  }

  /** The key of that message, with which the keys of later ones end. */
  static byte[] key(Kind kind, String value, MessageId id, int seq) {
    return ByteBuffer.allocate(KEY_BYTES)
        .put(kind.letter)
        .putLong(hash(value))
        .putLong(id.stem())
        .put((byte) id.shard())
        .putInt(seq)
        .array();
  }

  /** Whether two values count as one. */
  static boolean same(String one, String other) {
    return small(one).equals(small(other));
  }

  /** The text with small letters for the capital ones of ASCII. */
  static String small(String text) {
    StringBuilder small = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char letter = text.charAt(i);
      small.append(letter >= 'A' && letter <= 'Z' ? (char) (letter + 'a' - 'A') : letter);
    }
    return small.toString();
  }

  /** FNV-1a, 64 bits: the same on every machine and in every version. */
  private static long hash(String value) {
    long hash = FNV_OFFSET;
    for (byte each : small(value).getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (each & 0xff)) * FNV_PRIME;
    }
    return hash;
  }
}
