package io.mailraft.queue.raft;

import io.mailraft.queue.store.DamagedException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a replica's whole log before Ratis does, and tells a torn end from damage.
 *
 * <p>After a crash the last entries of the open segment may be there in part: they were not synced,
 * so this node had told nobody that it has them, and they can go. Ratis 3.3.0 gets both sides
 * wrong: it ends the log without a word where the file ends inside an entry or where a length was
 * flipped to something larger, and accepts a closed segment that ends too early, so entries that
 * were acknowledged go; and it refuses to start over an end that was torn in the usual way, with
 * some sectors written and others not.
 *
 * <p>What tells them apart: disks write sectors whole. Of a torn write, sectors are missing, which
 * read as zeros because the file was filled with zeros before; damage is anything else. Where its
 * length would have an entry reach over a later one, or beyond the file's end with later ones in
 * between, the length is what is damaged. And whatever it looks like, the log must not end before
 * its {@link LogMark}.
 */
final class LogCheck {
  private static final Logger LOG = LoggerFactory.getLogger(LogCheck.class);
  private static final Pattern CLOSED = Pattern.compile("log_(\\d+)-(\\d+)");
  private static final Pattern OPEN = Pattern.compile("log_inprogress_(\\d+)");

  /** Entries that one segment can hold behind a broken one. */
  private static final long GOES_ON_MAX = 1_000_000;

  private record Segment(Path file, long start, OptionalLong end) {}

  private LogCheck() {}

  /**
   * Checks the log in {@code current}, and cuts off a torn end.
   *
   * @param mark index that the log is known to have reached
   * @param snapshotIndex index of the newest snapshot; -1 where there is none
   * @param entryBytesMax longest entry that Ratis reads
   * @throws DamagedException naming the file, if an entry that may have been acknowledged is gone
   * @throws IOException if a file cannot be read, or a torn end not be cut off
   */
  static void check(Path current, long mark, long snapshotIndex, int entryBytesMax)
      throws IOException {
    List<Segment> segments = segments(current);
    long last = -1;
    Path lastFile = current;
    List<Path> before = new ArrayList<>();
    for (Segment segment : segments) {
      if (last >= 0 && segment.start() != last + 1) {
        if (segment.start() - 1 > snapshotIndex) {
          throw new DamagedException(
              segment.file(), "the log before it ends at entry " + last + ", entries are missing");
        }
        // A crash while a snapshot was being installed: Ratis had begun a new segment behind it,
        // and not yet removed those before, which the snapshot contains.
        for (Path superseded : before) {
          LOG.warn("removing {}, which the snapshot at {} contains", superseded, snapshotIndex);
          Files.delete(superseded);
        }
        before.clear();
      }
      before.add(segment.file());
      last = check(segment, mark, entryBytesMax);
      lastFile = segment.file();
    }
    if (Math.max(last, snapshotIndex) < mark) {
      throw new DamagedException(
          lastFile,
          "the log ends at entry " + last + ", yet it had reached entry " + mark + " on disk");
    }
  }

  private static List<Segment> segments(Path current) throws IOException {
    List<Segment> found = new ArrayList<>();
    for (Path file : Durable.list(current)) {
      String name = String.valueOf(file.getFileName());
      Matcher closed = CLOSED.matcher(name);
      Matcher open = OPEN.matcher(name);
      if (closed.matches()) {
        found.add(
            new Segment(
                file,
                Long.parseLong(closed.group(1)),
                OptionalLong.of(Long.parseLong(closed.group(2)))));
      } else if (open.matches()) {
        found.add(new Segment(file, Long.parseLong(open.group(1)), OptionalLong.empty()));
      }
    }
    found.sort(Comparator.comparingLong(Segment::start));
    return found;
  }

  /** Index of the segment's last entry; that before its first where it has none. */
  private static long check(Segment segment, long mark, int entryBytesMax) throws IOException {
    LogFrames frames = new LogFrames(Files.readAllBytes(segment.file()), entryBytesMax);
    if (!frames.hasHeader()) {
      if (segment.end().isEmpty() && frames.hasTornHeader()) {
        return segment.start() - 1;
      }
      throw new DamagedException(segment.file(), "it does not begin as a segment of the log");
    }
    long last = segment.start() - 1;
    while (true) {
      switch (frames.next()) {
        case LogFrames.Frame.Whole(long index, int _) -> {
          if (index != last + 1) {
            throw new DamagedException(
                segment.file(), "entry " + index + " stands behind entry " + last);
          }
          last = index;
          if (segment.end().isPresent() && last == segment.end().getAsLong()) {
            return last;
          }
        }
        case LogFrames.Frame.End() -> {
          if (segment.end().isPresent()) {
            throw new DamagedException(
                segment.file(), "it ends at entry " + last + " of " + segment.end().getAsLong());
          }
          return last;
        }
        case LogFrames.Frame.Damaged() -> throw damaged(segment, frames, last);
        case LogFrames.Frame.Torn(int end) -> {
          if (frames.goesOn(last + 2, last + GOES_ON_MAX, end)) {
            throw damaged(segment, frames, last);
          }
          cutOff(segment, frames, last, mark);
          return last;
        }
        case LogFrames.Frame.Cut() -> {
          if (frames.goesOn(last + 2, last + GOES_ON_MAX, Integer.MAX_VALUE)) {
            throw damaged(segment, frames, last);
          }
          cutOff(segment, frames, last, mark);
          return last;
        }
      }
    }
  }

  private static DamagedException damaged(Segment segment, LogFrames frames, long last) {
    return new DamagedException(
        segment.file(),
        "entry " + (last + 1) + " at byte " + frames.offset() + " is not as it was written");
  }

  /**
   * Removes the torn end, so that Ratis, which would refuse it, sees the entry before as the last.
   */
  private static void cutOff(Segment segment, LogFrames frames, long last, long mark)
      throws IOException {
    if (segment.end().isPresent() || last < mark) {
      throw damaged(segment, frames, last);
    }
    LOG.warn(
        "{} was torn at byte {} by a crash while entry {} was being written; it was not acknowledged"
            + " and is cut off",
        segment.file(),
        frames.offset(),
        last + 1);
    try (FileChannel channel = FileChannel.open(segment.file(), StandardOpenOption.WRITE)) {
      channel.truncate(frames.offset());
      channel.force(true);
    }
  }
}
