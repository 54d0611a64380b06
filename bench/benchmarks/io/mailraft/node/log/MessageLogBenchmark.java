package io.mailraft.node.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.mailraft.api.log.Envelope;
import io.mailraft.api.log.Recipient;
import io.mailraft.queue.MessageId;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.slf4j.LoggerFactory;

/**
 * One line about a message: what the thread that accepts it pays, and what the writing one does.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class MessageLogBenchmark {
  private static final Duration TOOK = Duration.ofMillis(2);

  private final MessageId id = MessageId.parse("0199c5d0a1b0010000");
  private final TextEncoder text = new TextEncoder();
  private final JsonEncoder json = new JsonEncoder();
  private final Envelope envelope =
      Envelope.newBuilder()
          .setSender("sender@example.com")
          .setListener("feeder")
          .setProtocol("ESMTP")
          .setOrigin("192.0.2.1")
          .setNode("n1")
          .build();
  private final List<Recipient> recipients =
      List.of(Recipient.newBuilder().setZone("default").setDomain("example.net").build());
  private volatile ILoggingEvent last;

  /** Keeps the event and writes nothing. */
  @Setup
  public void attach() {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    AppenderBase<ILoggingEvent> keeping =
        new AppenderBase<>() {
          @Override
          protected void append(ILoggingEvent event) {
            last = event;
          }
        };
    keeping.setName("keeping");
    keeping.start();
    BoundedAppender bounded = new BoundedAppender(context, keeping, 8192);
    bounded.start();
    Logger logger = context.getLogger(Logs.MESSAGES);
    logger.setAdditive(false);
    logger.setLevel(Level.INFO);
    logger.detachAndStopAllAppenders();
    logger.addAppender(bounded);
    while (last == null) {
      handOver();
    }
  }

  @Benchmark
  public void handOver() {
    MessageLog.accepted(id, envelope, recipients, 2048, TOOK);
  }

  @Benchmark
  public byte[] encodeText() {
    return text.encode(last);
  }

  @Benchmark
  public byte[] encodeJson() {
    return json.encode(last);
  }
}
