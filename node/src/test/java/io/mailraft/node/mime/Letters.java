package io.mailraft.node.mime;

import io.mailraft.node.heap.HeapBudget;
import io.mailraft.node.heap.HeapShare;
import io.mailraft.node.json.JsonReader;
import io.mailraft.node.spool.Spool;
import io.mailraft.node.spool.SpoolFile;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Messages made of JSON, without a node around. */
final class Letters {
  private static final long MAX_BYTES = 64 << 20;

  private final HeapShare heap = new HeapBudget(1L << 40).share("test");
  private final Spool spool;

  Letters(Path directory) throws IOException {
    spool = new Spool(directory, 0, 1 << 20);
  }

  /** What is done with a letter while its texts can be read. */
  @FunctionalInterface
  interface Use<T> {
    T of(Letter letter) throws IOException;
  }

  <T> T with(String json, Use<T> use) throws IOException {
    return with(json.getBytes(StandardCharsets.UTF_8), use);
  }

  <T> T with(byte[] json, Use<T> use) throws IOException {
    try (SpoolFile file = spool.begin();
        JsonReader reader = new JsonReader(new ByteArrayInputStream(json), file, heap, MAX_BYTES)) {
      Letter letter = LetterReader.read(reader, AddressLimit.usual());
      letter.check();
      return use.of(letter);
    }
  }

  byte[] bytes(String json) throws IOException {
    return bytes(json.getBytes(StandardCharsets.UTF_8));
  }

  byte[] bytes(byte[] json) throws IOException {
    return with(
        json,
        letter -> {
          ByteArrayOutputStream out = new ByteArrayOutputStream();
          if (letter.isRaw()) {
            return letter.rawContent().readAllBytes();
          }
          letter.writeTo(out);
          return out.toByteArray();
        });
  }

  /** The message with LF for CRLF and each boundary by its place. */
  String text(String json) throws IOException {
    return new String(bytes(json), StandardCharsets.UTF_8).replace("\r\n", "\n");
  }

  MailEnvelope envelope(String json) throws IOException {
    return with(json, letter -> letter.envelope().orElseThrow());
  }
}
