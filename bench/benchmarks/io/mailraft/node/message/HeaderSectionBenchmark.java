package io.mailraft.node.message;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * Reading and sealing the header section of one message, in one block as it comes from a socket.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class HeaderSectionBenchmark {
  private static final int SECTION_BYTES_MAX = 256 * 1024;

  private static final String PLAIN =
      "From: Sender <sender@example.com>\r\nTo: <reader@example.net>\r\nSubject: measured\r\n"
          + "Date: Thu, 1 Jan 2026 00:00:00 +0000\r\nMessage-Id: <1@example.com>\r\n\r\n";

  private static final String SIGNED =
      "Received: from client.example.com (client.example.com [192.0.2.1])\r\n"
          + "\tby mx.example.com with ESMTPS id 4711\r\n"
          + "\tfor <reader@example.net>; Thu, 1 Jan 2026 00:00:00 +0000\r\n"
          + "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=one;\r\n"
          + "\th=from:to:subject:date:message-id:mime-version:content-type; bh="
          + "x".repeat(44)
          + ";\r\n\tb="
          + "y".repeat(344)
          + "\r\n"
          + "MIME-Version: 1.0\r\n"
          + "Content-Type: multipart/alternative; boundary=\"b\"\r\n"
          + "List-Unsubscribe: <https://www.example.com/unsubscribe/4711>\r\n"
          + "Bcc: other@example.org\r\n"
          + PLAIN;

  /** A short section, and one of a newsletter with a signature and a Bcc that is taken out. */
  @Param({"plain", "signed"})
  private String section;

  private final Instant now = Instant.ofEpochSecond(1_767_225_600);
  private byte[] bytes = {};

  /** Chooses the section. */
  @Setup
  public void choose() {
    bytes = (section.equals("plain") ? PLAIN : SIGNED).getBytes(US_ASCII);
  }

  @Benchmark
  public ByteBuffer read() {
    HeaderSection header = new HeaderSection(SECTION_BYTES_MAX);
    header.accept(bytes, 0, bytes.length);
    header.seal("example.com", now);
    return header.bytes();
  }
}
