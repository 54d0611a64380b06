package io.mailraft.config;

/**
 * What this node logs, and how.
 *
 * @param format form of a line
 * @param level least level that is logged
 * @param messages whether each message leaves a line for its acceptance, each attempt and each
 *     order
 */
public record LogConfig(Format format, Level level, boolean messages) {
  /** Name of the logger of what happens to messages. */
  public static final String MESSAGES = "mailraft.messages";

  /** Forms of a line. */
  public enum Format {
    /** For people: time, level, logger, text, key=value. */
    TEXT,
    /** One JSON object a line. */
    JSON
  }

  /** Levels, the gravest first. */
  public enum Level {
    ERROR,
    WARN,
    INFO,
    DEBUG
  }

  static LogConfig read(Section section) {
    LogConfig log =
        new LogConfig(
            section.word("format", Format.TEXT, Format.class),
            section.word("level", Level.INFO, Level.class),
            section.flag("messages", true));
    section.end();
    return log;
  }
}
