package io.mailraft.node.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import io.mailraft.config.LogConfig;
import org.slf4j.LoggerFactory;

/** This process's logging, as the settings have it. */
public final class Logs implements AutoCloseable {
  /** Name of the logger of what happens to messages. */
  static final String MESSAGES = LogConfig.MESSAGES;

  /** Lines about messages that may wait: about 4 MiB, and a second of a busy node. */
  private static final int WAITING_MAX = 8192;

  /** Longest wait, at the end, for lines that are still to be written. */
  private static final int FLUSH_MILLIS_MAX = 1000;

  private final BoundedAppender messages;

  private Logs(BoundedAppender messages) {
    this.messages = messages;
  }

  /**
   * Takes over the settings for the whole process: what was written to standard error goes there in
   * the form that is asked for. A logging file of the operator's own is left as it is.
   */
  public static Logs apply(LogConfig config) {
    LoggerContext context = context();
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    if (System.getProperty("logback.configurationFile") != null) {
      return messages(config, context, passing(context, root));
    }
    ConsoleAppender<ILoggingEvent> written = new ConsoleAppender<>();
    written.setContext(context);
    written.setName("stderr");
    written.setTarget("System.err");
    written.setEncoder(encoder(config, context));
    written.start();
    root.detachAndStopAllAppenders();
    root.addAppender(written);
    root.setLevel(Level.toLevel(config.level().name()));
    return messages(config, context, written);
  }

  /** Writes wherever the root logger does. */
  private static Appender<ILoggingEvent> passing(LoggerContext context, Logger root) {
    Appender<ILoggingEvent> all =
        new AppenderBase<>() {
          @Override
          protected void append(ILoggingEvent event) {
            root.callAppenders(event);
          }
        };
    all.setName("root");
    all.setContext(context);
    all.start();
    return all;
  }

  private static Logs messages(
      LogConfig config, LoggerContext context, Appender<ILoggingEvent> to) {
    BoundedAppender bounded = new BoundedAppender(context, to, WAITING_MAX);
    bounded.setName("messages");
    bounded.setMaxFlushTime(FLUSH_MILLIS_MAX);
    bounded.start();
    Logger logger = context.getLogger(MESSAGES);
    logger.detachAndStopAllAppenders();
    logger.setAdditive(false);
    logger.setLevel(config.messages() ? Level.INFO : Level.OFF);
    logger.addAppender(bounded);
    return new Logs(bounded);
  }

  private static Encoder<ILoggingEvent> encoder(LogConfig config, LoggerContext context) {
    Encoder<ILoggingEvent> encoder =
        switch (config.format()) {
          case TEXT -> new TextEncoder();
          case JSON -> new JsonEncoder();
        };
    encoder.setContext(context);
    encoder.start();
    return encoder;
  }

  private static LoggerContext context() {
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      return context;
    }
    throw new IllegalStateException("logging is not Logback's");
  }

  /** Lines about messages that were dropped, since too many were waiting. */
  public long dropped() {
    return messages.dropped();
  }

  /** Writes the lines about messages that wait, within a second; no further ones are taken. */
  @Override
  public void close() {
    messages.stop();
  }
}
