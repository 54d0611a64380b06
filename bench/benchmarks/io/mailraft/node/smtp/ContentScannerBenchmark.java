package io.mailraft.node.smtp;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;

/** Taking the dots out of the content of one message and finding its end. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ContentScannerBenchmark {
  private static final int LINE_BYTES_MAX = 998;
  private static final int TEXT_BYTES = 76;

  @Param({"2048", "20480"})
  private int size;

  /** One line in so many begins with a dot; 0: none does. */
  @Param({"0", "10"})
  private int dotEvery;

  private byte[] content = {};

  /** Makes content of lines of 76 characters. */
  @Setup
  public void make() {
    StringBuilder text = new StringBuilder();
    for (int line = 1; text.length() < size; line++) {
      text.append(dotEvery > 0 && line % dotEvery == 0 ? ".." : "")
          .append("x".repeat(TEXT_BYTES))
          .append("\r\n");
    }
    content = text.append(".\r\n").toString().getBytes(US_ASCII);
  }

  @Benchmark
  public int scan(Blackhole sink) {
    int end =
        new ContentScanner(true, LINE_BYTES_MAX)
            .scan(content, 0, content.length, (block, offset, count) -> sink.consume(count));
    if (end != content.length) {
      throw new IllegalStateException("the content ended at " + end + " of " + content.length);
    }
    return end;
  }
}
