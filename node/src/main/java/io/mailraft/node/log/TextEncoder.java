package io.mailraft.node.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.encoder.EncoderBase;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import org.slf4j.event.KeyValuePair;

/**
 * Lines for people: {@code TIME LEVEL LOGGER TEXT key=value key="a value"}, the time in UTC. The
 * lines of a stack trace follow, indented, so that none of them can pass for an event.
 */
final class TextEncoder extends EncoderBase<ILoggingEvent> {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSX").withZone(ZoneOffset.UTC);

  private static final int LEVEL_WIDTH = 5;
  private static final byte[] NONE = new byte[0];

  @Override
  public byte[] headerBytes() {
    return NONE;
  }

  @Override
  public byte[] encode(ILoggingEvent event) {
    StringBuilder line = new StringBuilder(256);
    TIME.formatTo(event.getInstant(), line);
    String level = event.getLevel().toString();
    line.append(' ').append(level).append(" ".repeat(LEVEL_WIDTH - level.length())).append(' ');
    Escaped.append(line, shortened(event.getLoggerName()));
    line.append(' ');
    Escaped.append(line, String.valueOf(event.getFormattedMessage()));
    List<KeyValuePair> pairs = event.getKeyValuePairs();
    if (pairs != null) {
      for (KeyValuePair pair : pairs) {
        line.append(' ').append(pair.key).append('=');
        Escaped.appendValue(line, String.valueOf(pair.value));
      }
    }
    line.append('\n');
    IThrowableProxy thrown = event.getThrowableProxy();
    if (thrown != null) {
      ThrowableProxyUtil.asString(thrown)
          .lines()
          .forEach(
              traced -> {
                line.append('\t');
                Escaped.append(line, traced.strip());
                line.append('\n');
              });
    }
    return line.toString().getBytes(UTF_8);
  }

  /** The class without its package. */
  private static String shortened(String logger) {
    return logger.equals(Logs.MESSAGES) ? logger : logger.substring(logger.lastIndexOf('.') + 1);
  }

  @Override
  public byte[] footerBytes() {
    return NONE;
  }
}
