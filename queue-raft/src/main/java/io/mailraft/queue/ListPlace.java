package io.mailraft.queue;

import io.mailraft.queue.shard.ShardRows;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A place in a list of deliveries, as a caller keeps it between two pages.
 *
 * @param stretch the part of the list; empty for its beginning
 * @param key first key in that part
 * @param skip rows to pass over
 */
@SuppressWarnings("ArrayRecordComponent") // The key is handed on as it came, never compared.
record ListPlace(Optional<Stretch> stretch, byte[] key, long skip) {
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}");

  /**
   * Shard in decimal digits, the first letter of the kind, the key, and rows to pass over where
   * there are any: short, and safe in a URL.
   */
  private static final Pattern PLACE =
      Pattern.compile("s([0-9]{1,3})([cqd])([A-Za-z0-9_-]{0,1024})(?:~([0-9]{1,18}))?");

  /** Which rows a part of a list is made of. */
  enum Kind {
    CLAIMED,
    QUEUED,
    DEFERRED;

    private char letter() {
      return Character.toLowerCase(name().charAt(0));
    }

    private static Kind of(char letter) {
      for (Kind kind : values()) {
        if (kind.letter() == letter) {
          return kind;
        }
      }
      throw new IllegalArgumentException("no kind of rows begins with '" + letter + "'");
    }
  }

  /** A part of a list: the rows of one kind in one shard. */
  record Stretch(Kind kind, int shard) {}

  /** The parts that a list is made of, in their order. */
  static List<Stretch> stretches(Inspection.State state, int shards) {
    List<Kind> kinds =
        switch (state) {
          case ACTIVE -> List.of(Kind.CLAIMED, Kind.QUEUED);
          case DEFERRED -> List.of(Kind.DEFERRED);
        };
    List<Stretch> stretches = new ArrayList<>();
    for (Kind kind : kinds) {
      for (int shard = 0; shard < shards; shard++) {
        stretches.add(new Stretch(kind, shard));
      }
    }
    return stretches;
  }

  /**
   * Reads a place.
   *
   * @throws IllegalArgumentException if the text is none
   */
  static ListPlace parse(String text) {
    if (text.isEmpty()) {
      return new ListPlace(Optional.empty(), ShardRows.first(), 0);
    }
    if (NUMBER.matcher(text).matches()) {
      return new ListPlace(Optional.empty(), ShardRows.first(), skip(text));
    }
    Matcher matcher = PLACE.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "start: a number of rows, or what the last page gave as next, is needed");
    }
    Stretch stretch =
        new Stretch(Kind.of(matcher.group(2).charAt(0)), Integer.parseInt(matcher.group(1)));
    String skip = matcher.group(4);
    return new ListPlace(
        Optional.of(stretch),
        Base64.getUrlDecoder().decode(matcher.group(3)),
        skip == null ? 0 : skip(skip));
  }

  private static long skip(String digits) {
    long skip = Long.parseLong(digits);
    if (skip > Inspection.SKIP_MAX) {
      throw new IllegalArgumentException(
          "start: at most " + Inspection.SKIP_MAX + " rows can be passed over");
    }
    return skip;
  }

  /** The text that {@link #parse} reads. */
  String format() {
    Stretch part = stretch.orElseThrow(() -> new IllegalStateException("a list's beginning"));
    return "s"
        + part.shard()
        + part.kind().letter()
        + Base64.getUrlEncoder().withoutPadding().encodeToString(key)
        + (skip == 0 ? "" : "~" + skip);
  }
}
