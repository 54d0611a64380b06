package io.mailraft.node.message;

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

/** The hash of a body, in the blocks in which it comes off the wire. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class BodyHashBenchmark {
  private static final int BLOCK_BYTES = 16 * 1024;
  private static final int BODY_BYTES = 256 * 1024;

  /** Lines of 76 characters: without blanks, as those of base64 are, or words of five letters. */
  @Param({"coded", "words"})
  private String content = "";

  private byte[] body = {};

  /** Makes the body. */
  @Setup
  public void make() {
    String line = content.equals("coded") ? "x".repeat(76) : "words ".repeat(12) + "word";
    body = (line + "\r\n").repeat(BODY_BYTES / (line.length() + 2)).getBytes(US_ASCII);
  }

  @Benchmark
  public byte[] hash() {
    BodyHash hash = new BodyHash();
    for (int at = 0; at < body.length; at += BLOCK_BYTES) {
      hash.update(body, at, Math.min(BLOCK_BYTES, body.length - at));
    }
    return hash.finish();
  }
}
