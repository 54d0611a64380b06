package io.mailraft.config;

import java.time.Duration;

/** Reads the section {@code queue}. */
final class QueueReader {
  private static final long MIB = 1L << 20;
  private static final long TIB = 1L << 40;
  private static final Duration MIN = Duration.ofSeconds(1);

  private QueueReader() {}

  static QueueConfig queue(Section section) {
    QueueConfig queue =
        new QueueConfig(
            section.duration("submitTimeout", Duration.ofSeconds(60), MIN, Duration.ofMinutes(30)),
            section.duration("uploadTimeout", Duration.ofMinutes(15), MIN, Duration.ofDays(1)),
            section.duration("rememberEnded", Duration.ofHours(1), MIN, Duration.ofDays(30)),
            section.size("snapshotLogBytes", 256 * MIB, MIB, TIB),
            section.size("memoryBytes", 64 * MIB, 8 * MIB, TIB),
            section.size("minFreeBytes", 256 * MIB, MIB, TIB),
            timeline(section.section("timeline")));
    if (section.isSound("rememberEnded")
        && section.isSound("submitTimeout")
        && queue.rememberEnded().compareTo(queue.submitTimeout()) < 0) {
      section.refuse(
          section.has("rememberEnded") ? "rememberEnded" : "submitTimeout",
          "an id must be remembered for as long as its submission may be repeated; make"
              + " rememberEnded at least submitTimeout ("
              + Durations.format(queue.submitTimeout())
              + ")");
    }
    section.end();
    return queue;
  }

  private static TimelineConfig timeline(Section section) {
    TimelineConfig timeline =
        new TimelineConfig(
            section.duration("keep", Duration.ofDays(7), MIN, Duration.ofDays(365)),
            section.size("maxBytes", 1024 * MIB, MIB, TIB));
    section.end();
    return timeline;
  }
}
