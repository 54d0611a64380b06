package io.mailraft.node.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.slf4j.event.KeyValuePair;

/** The forms of a log line, and the queue in front of it. */
class LogsTest {
  private static final String HARMFUL =
      "550 no\r\n"
          + "2026-01-01T00:00:00.000Z INFO  Node you owe me \u001b[2J\u2028\u202e\u0000\u0085 \"x\""
          + " \ud800";

  private final LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();

  private LoggingEvent event(String message, @Nullable Throwable thrown, KeyValuePair... pairs) {
    Logger logger = context.getLogger("io.mailraft.node.Some");
    LoggingEvent event =
        new LoggingEvent("fqcn", logger, Level.INFO, message, thrown, new Object[0]);
    for (KeyValuePair pair : pairs) {
      event.addKeyValuePair(pair);
    }
    return event;
  }

  private static String text(LoggingEvent event) {
    return new String(new TextEncoder().encode(event), UTF_8);
  }

  @Test
  void a_text_line_begins_with_the_time_in_utc() {
    LoggingEvent event = event("hello", null);
    event.setInstant(Instant.parse("2026-07-31T23:59:59.007Z"));
    assertThat(text(event)).isEqualTo("2026-07-31T23:59:59.007Z INFO  Some hello\n");
  }

  @Test
  void a_text_line_is_one_line_whatever_is_in_it() {
    String line =
        text(
            event(
                HARMFUL,
                null,
                new KeyValuePair("reply", HARMFUL),
                new KeyValuePair("seq", 7),
                new KeyValuePair("from", ""),
                new KeyValuePair("zone", "default")));
    assertThat(line).endsWith(" seq=7 from=\"\" zone=default\n");
    assertThat(line.chars().filter(c -> c == '\n').count()).isEqualTo(1);
    assertThat(line.strip().chars())
        .noneMatch(
            c ->
                Character.isISOControl(c)
                    || c == 0x2028
                    || c == 0x202e
                    || (c >= 0xd800 && c <= 0xdfff));
    assertThat(line).contains(" INFO  Some 550 no\\r\\n2026").contains("reply=\"550 no\\r\\n");
    assertThat(line).contains("\\\"x\\\" \\ud800\"");
  }

  @Test
  void the_lines_of_a_stack_trace_cannot_pass_for_events() {
    String lines = text(event("oh", new IOException("first\n2026-01-01T00:00:00.000Z INFO  x y")));
    assertThat(lines.lines().skip(1)).isNotEmpty().allMatch(line -> line.startsWith("\t"));
  }

  @Test
  void a_long_value_is_shortened() {
    String line = text(event("m", null, new KeyValuePair("reply", "x".repeat(100_000))));
    assertThat(line.length()).isLessThan(3_000);
  }

  @Test
  void a_json_line_reads_back_as_what_was_logged() throws IOException {
    byte[] line =
        new JsonEncoder()
            .encode(
                event(
                    "delivered",
                    new IOException("why"),
                    new KeyValuePair("id", "0199c5d0a1b0010000"),
                    new KeyValuePair("reply", "a\r\nb \"c\" \u001b"),
                    new KeyValuePair("seq", 7),
                    new KeyValuePair("seconds", 0.25)));
    assertThat(new String(line, UTF_8).chars().filter(c -> c == '\n').count()).isEqualTo(1);
    Map<String, String> fields = new LinkedHashMap<>();
    try (JsonParser json = new JsonFactory().createParser(line)) {
      assertThat(json.nextToken()).isEqualTo(JsonToken.START_OBJECT);
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        json.nextToken();
        fields.put(name, json.getText());
      }
      assertThat(json.nextToken()).isNull();
    }
    assertThat(fields)
        .containsEntry("message", "delivered")
        .containsEntry("level", "INFO")
        .containsEntry("id", "0199c5d0a1b0010000")
        .containsEntry("reply", "a\r\nb \"c\" \u001b")
        .containsEntry("seq", "7")
        .containsEntry("seconds", "0.25");
    assertThat(fields.get("trace")).startsWith("java.io.IOException: why");
  }

  @Test
  void who_logs_never_waits_and_what_is_dropped_is_counted() throws InterruptedException {
    CountDownLatch stuck = new CountDownLatch(1);
    AtomicInteger written = new AtomicInteger();
    AppenderBase<ILoggingEvent> slow =
        new AppenderBase<>() {
          @Override
          protected void append(ILoggingEvent event) {
            try {
              assertThat(stuck.await(60, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            written.incrementAndGet();
          }
        };
    slow.setName("slow");
    slow.start();
    BoundedAppender bounded = new BoundedAppender(context, slow, 10);
    bounded.start();
    for (int i = 0; i < 100; i++) {
      bounded.doAppend(event("m", null));
    }
    assertThat(bounded.dropped()).isEqualTo(90);
    stuck.countDown();
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (written.get() < 10 && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(1_000_000);
    }
    assertThat(written).hasValue(10);
    bounded.doAppend(event("m", null));
    bounded.stop();
    assertThat(written).as("the end waits for what was taken").hasValue(11);
    assertThat(bounded.dropped()).isEqualTo(90);
  }

  @Test
  void nothing_but_the_ready_line_is_for_standard_output() {
    PrintStream before = System.out;
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
    try {
      BoundedAppender bounded = new BoundedAppender(context, new ListAppender<>(), 10);
      bounded.start();
      bounded.stop();
    } finally {
      System.setOut(before);
    }
    // Tests beside this one may speak as well.
    assertThat(said.toString(StandardCharsets.UTF_8)).doesNotContain("BoundedAppender");
  }
}
