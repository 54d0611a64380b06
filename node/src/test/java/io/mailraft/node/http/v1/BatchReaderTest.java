package io.mailraft.node.http.v1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.mailraft.node.json.InputException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class BatchReaderTest {
  private static final int BATCHES = 6;
  private static final int NAMES = 300;
  private static final int NAME_CHARS = 40_000;

  private static BatchReader.Parts read(byte[] text) throws IOException {
    return BatchReader.read(new ByteArrayInputStream(text));
  }

  private static String part(byte[] text, BatchReader.Stretch stretch) {
    return new String(text, stretch.offset(), stretch.length(), StandardCharsets.UTF_8);
  }

  @Test
  void parts_are_found_behind_characters_of_any_length_and_a_byte_order_mark() throws IOException {
    for (String mark : new String[] {"", "\ufeff"}) {
      byte[] text =
          (mark
                  + " {\"template\": {\"subject\": \"\u00e9\u20ac\ud83d\ude00}\"},\n\"mess\\u0061ges\":"
                  + " [{\"\u20ac\": [{}], \"data\": {}}, {\"to\": \"\\\"\"}]}")
              .getBytes(StandardCharsets.UTF_8);
      BatchReader.Parts parts = read(text);
      assertThat(parts.template())
          .hasValueSatisfying(
              template ->
                  assertThat(part(text, template))
                      .isEqualTo("{\"subject\": \"\u00e9\u20ac\ud83d\ude00}\"}"));
      assertThat(parts.messages())
          .extracting(item -> part(text, item.stretch()), BatchReader.Item::hasData)
          .containsExactly(
              tuple("{\"\u20ac\": [{}], \"data\": {}}", true), tuple("{\"to\": \"\\\"\"}", false));
    }
  }

  @Test
  void a_field_that_is_none_is_named_as_it_was_written() {
    assertThatThrownBy(() -> read("{\"m\u00e9ssages\": []}".getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("'m\u00e9ssages': is no field of a batch");
  }

  /** A batch of one message, with long names of fields that no other batch has. */
  private static byte[] longNames(int batch) {
    StringBuilder text = new StringBuilder("{\"messages\": [{\"data\": {\"\":0");
    for (int i = 0; i < NAMES; i++) {
      text.append(",\"").append(batch).append('-').append(i).append("x".repeat(NAME_CHARS));
      text.append("\":0");
    }
    return text.append("}}]}").toString().getBytes(StandardCharsets.US_ASCII);
  }

  private static long usedHeap() {
    ManagementFactory.getMemoryMXBean().gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  @Test
  void i9_names_of_fields_are_kept_by_nobody_once_their_batch_is_read() throws IOException {
    long before = usedHeap();
    for (int batch = 0; batch < BATCHES; batch++) {
      assertThat(read(longNames(batch)).messages()).hasSize(1);
    }
    // Together they have five times as many characters.
    assertThat(usedHeap()).isLessThan(before + (long) BATCHES * NAMES * NAME_CHARS / 5);
  }
}
