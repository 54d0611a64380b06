package io.mailraft.node.http.v1;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import io.mailraft.node.http.exchange.Exchange;
import io.mailraft.node.http.exchange.Fault;
import io.mailraft.node.spool.SpoolFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalLong;

/**
 * The results of a batch. Each is spooled as it comes, whatever the order, and sent in the order of
 * the messages: a batch can have millions of recipients, all of which are named. Results may come
 * from any thread.
 */
final class BatchAnswer {
  private static final JsonFactory JSON = new JsonFactory();
  private static final byte[] END = "]}\n".getBytes(StandardCharsets.UTF_8);

  private final SpoolFile spool;
  private final long[] offsets;
  private final int[] lengths;
  private int accepted;
  private int refused;

  /** Writes the fields of a result. */
  @FunctionalInterface
  private interface Fields {
    void writeTo(JsonGenerator json) throws IOException;
  }

  /**
   * @param spool takes them; used by nobody else
   * @param count how many there will be
   */
  BatchAnswer(SpoolFile spool, int count) {
    this.spool = spool;
    this.offsets = new long[count];
    this.lengths = new int[count];
  }

  /** A message was stored. */
  void accepted(int index, MessageIntake.Taken taken) throws IOException {
    byte[] result =
        bytes(
            json -> {
              json.writeNumberField("status", HttpStatus.ACCEPTED.code());
              MessagesCall.fields(json, taken);
            });
    synchronized (this) {
      add(index, result);
      accepted++;
    }
  }

  /** A message was not taken. */
  void refused(int index, Fault fault) throws IOException {
    String item = "messages[" + index + "]";
    byte[] result =
        bytes(
            json ->
                Problem.fields(
                    json,
                    fault,
                    "/v1/messages/batch#" + item,
                    fault.path().map(path -> item + "." + path)));
    synchronized (this) {
      add(index, result);
      refused++;
    }
  }

  private static byte[] bytes(Fields fields) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      fields.writeTo(json);
      json.writeEndObject();
    }
    return bytes.toByteArray();
  }

  private void add(int index, byte[] result) throws IOException {
    offsets[index] = spool.size();
    lengths[index] = result.length;
    spool.write(result, 0, result.length);
  }

  /** Sends them, once all are there. */
  synchronized void send(Exchange exchange) throws IOException {
    byte[] begin =
        ("{\"accepted\":" + accepted + ",\"refused\":" + refused + ",\"results\":[")
            .getBytes(StandardCharsets.UTF_8);
    int commas = Math.max(0, lengths.length - 1);
    long length = begin.length + Arrays.stream(lengths).asLongStream().sum() + commas + END.length;
    // From here on an error can only break the answer off, short of its announced length.
    OutputStream out = exchange.stream(MediaType.JSON_UTF_8, OptionalLong.of(length));
    out.write(begin);
    for (int i = 0; i < lengths.length; i++) {
      if (i > 0) {
        out.write(',');
      }
      try (InputStream result = spool.read(offsets[i], lengths[i])) {
        result.transferTo(out);
      }
    }
    out.write(END);
    out.close();
  }
}
