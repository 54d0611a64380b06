package io.mailraft.node.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonToken;
import io.mailraft.node.heap.HeapBudget;
import io.mailraft.node.heap.HeapShare;
import io.mailraft.node.heap.HeapShare.Taking;
import io.mailraft.node.json.InputException.Fault;
import io.mailraft.node.spool.Spool;
import io.mailraft.node.spool.SpoolFile;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonReaderTest {
  private static final long MAX_BYTES = 64 << 20;

  @TempDir private Path directory;
  private final HeapShare heap = new HeapBudget(1L << 40).share("test");
  private Spool spool;

  @BeforeEach
  void open() throws IOException {
    spool = new Spool(directory, 0, 1 << 20);
  }

  /** A body that comes in pieces of any size, as the network has it. */
  private static InputStream pieces(byte[] bytes, Random random) {
    return new ByteArrayInputStream(bytes) {
      @Override
      public synchronized int read(byte[] to, int offset, int count) {
        return super.read(to, offset, Math.min(count, 1 + random.nextInt(5_000)));
      }
    };
  }

  private static String randomText(Random random) {
    int[] lengths = {0, 1, 10, 2_000, 4_090, 4_095, 4_096, 4_097, 9_000, 40_000, 400_000};
    int length = lengths[random.nextInt(lengths.length)];
    int[] kinds = {0x7f, 0x7ff, 0xffff, 0x10ffff};
    int kind = kinds[random.nextInt(kinds.length)];
    StringBuilder text = new StringBuilder();
    while (text.length() < length) {
      int c = random.nextInt(kind + 1);
      if (c < 0xd800 || c > 0xdfff) {
        text.appendCodePoint(c);
      }
    }
    return text.toString();
  }

  /** Writes a string with escapes where they are needed, and here and there where they are not. */
  private static String literal(String text, Random random) {
    int often = 1 + random.nextInt(20);
    StringBuilder json = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean needed = c < ' ' || c == '"' || c == '\\';
      boolean pair = Character.isSurrogate(c);
      if (needed || (!pair && random.nextInt(often) == 0)) {
        json.append(String.format(random.nextBoolean() ? "\\u%04x" : "\\u%04X", (int) c));
      } else if (Character.isHighSurrogate(c) && random.nextBoolean()) {
        json.append(String.format("\\u%04x\\u%04x", (int) c, (int) text.charAt(++i)));
      } else if (Character.isHighSurrogate(c)) {
        json.append(c).append(text.charAt(++i));
      } else {
        json.append(c);
      }
    }
    return json.append('"').toString();
  }

  @Test
  void stringsOfAllLengthsComeBackWhereTheyStood() throws Exception {
    for (int seed = 0; seed < 60; seed++) {
      Random random = new Random(seed);
      List<String> values = new ArrayList<>();
      StringBuilder json = new StringBuilder("{");
      for (int i = 0; i < 8; i++) {
        values.add(randomText(random));
        json.append(i == 0 ? "" : " ,\n").append("\"f\\u0069eld").append(i).append("\": [");
        json.append(literal(values.getLast(), random)).append(", 17 ]");
      }
      byte[] bytes = json.append("} \n").toString().getBytes(StandardCharsets.UTF_8);
      try (SpoolFile file = spool.begin();
          JsonReader reader = new JsonReader(pieces(bytes, random), file, heap, MAX_BYTES)) {
        assertThat(reader.next()).isEqualTo(JsonToken.START_OBJECT);
        List<Text> texts = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
          assertThat(reader.next()).isEqualTo(JsonToken.FIELD_NAME);
          assertThat(reader.name()).isEqualTo("field" + i);
          assertThat(reader.next()).isEqualTo(JsonToken.START_ARRAY);
          assertThat(reader.next()).isEqualTo(JsonToken.VALUE_STRING);
          texts.add(reader.text());
          assertThat(reader.next()).isEqualTo(JsonToken.VALUE_NUMBER_INT);
          assertThat(reader.path()).isEqualTo("field" + i + "[1]");
          assertThat(reader.next()).isEqualTo(JsonToken.END_ARRAY);
        }
        assertThat(reader.next()).isEqualTo(JsonToken.END_OBJECT);
        reader.end();
        for (int i = 0; i < 8; i++) {
          String value = values.get(i);
          Text text = texts.get(i);
          assertThat(text.path()).isEqualTo("field" + i + "[0]");
          assertThat(text.string(Integer.MAX_VALUE / 4)).as("seed %d", seed).isEqualTo(value);
          assertThat(text.utf8().readAllBytes()).isEqualTo(value.getBytes(StandardCharsets.UTF_8));
          if (!value.isEmpty()) {
            assertThatThrownBy(() -> text.string(value.length() - 1))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("is longer than");
          }
        }
      }
    }
  }

  private void readAll(byte[] bytes) throws IOException {
    try (SpoolFile file = spool.begin();
        JsonReader reader =
            new JsonReader(new ByteArrayInputStream(bytes), file, heap, MAX_BYTES)) {
      int depth = 0;
      do {
        JsonToken token = reader.next();
        depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
        if (token == JsonToken.VALUE_STRING) {
          reader.text();
        }
      } while (depth > 0);
      reader.end();
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1}}",
        "{\"a\":1} 2",
        "{\"a\":1,}",
        "{'a':1}",
        "{a:1}",
        "{\"a\":01}",
        "{\"a\":NaN}",
        "{\"a\":1e}",
        "{\"a\":tru}",
        "{\"a\":\"\t\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12\"}",
        "{\"a\":\"\\u12g4\"}",
        "{\"a\":1,\"a\":2}",
        "/* comment */{}",
        "[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]",
        "{\"a\":123456789012345678901234567890123456789}",
      })
  void whatIsNoJsonIsRefused(String text) {
    assertThatThrownBy(() -> readAll(utf8(text)))
        .as(text)
        .isInstanceOfSatisfying(
            InputException.class, e -> assertThat(e.fault()).isEqualTo(Fault.INVALID_CONTENT));
  }

  /** The same mistakes within a string that is too long for the parser to see it. */
  @ParameterizedTest
  @ValueSource(strings = {"\t", "\n", "\\x", "\\u12\"", "\\u12g4"})
  void whatIsNoJsonIsRefusedInLongStringsToo(String wrong) {
    String filler = "x".repeat(LongStrings.SHORT_BYTES_MAX);
    for (String text : List.of(filler + wrong, wrong + filler, filler + wrong + filler)) {
      assertThatThrownBy(() -> readAll(utf8("{\"a\":\"" + text + "\"}")))
          .isInstanceOfSatisfying(
              InputException.class, e -> assertThat(e.fault()).isEqualTo(Fault.INVALID_CONTENT));
    }
  }

  @Test
  void onlyWellFormedUtf8IsRead() {
    int[][] bad = {
      {0x80},
      {0xbf},
      {0xc0, 0x8a},
      {0xc1, 0xbf},
      {0xe0, 0x80, 0x8a},
      {0xe0, 0x9f, 0xbf},
      {0xed, 0xa0, 0x80},
      {0xed, 0xbf, 0xbf},
      {0xf0, 0x80, 0x80, 0x8a},
      {0xf0, 0x8f, 0xbf, 0xbf},
      {0xf4, 0x90, 0x80, 0x80},
      {0xf5, 0x80, 0x80, 0x80},
      {0xff},
      {0xe2, 0x82},
      {0xe2, 0x28, 0xa1},
    };
    for (String filler : List.of("", "x".repeat(5_000))) {
      for (int[] sequence : bad) {
        ByteArrayOutputStream json = new ByteArrayOutputStream();
        json.writeBytes(utf8("{\"a\":\"" + filler));
        for (int b : sequence) {
          json.write(b);
        }
        json.writeBytes(utf8("\"}"));
        assertThatThrownBy(() -> readAll(json.toByteArray()))
            .isInstanceOf(InputException.class)
            .hasMessageContaining("UTF-8");
      }
    }
    for (var other : List.of(StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE)) {
      assertThatThrownBy(() -> readAll("{\"a\":1}".getBytes(other)))
          .isInstanceOf(InputException.class);
    }
  }

  /** A parser that guesses the encoding would take some of these for UTF-16 or UTF-32. */
  @Test
  void theFirstBytesChooseNoOtherEncoding() {
    for (String begin : List.of("\"\0\0\0", "\"\0a\0", "\"\0\0\0\0", "\0\"\0a", "\0\0\0\"")) {
      assertThatThrownBy(() -> readAll((begin + "b\0c\"").getBytes(StandardCharsets.UTF_8)))
          .isInstanceOfSatisfying(
              InputException.class, e -> assertThat(e.fault()).isEqualTo(Fault.INVALID_CONTENT));
    }
  }

  @Test
  void aByteOrderMarkIsReadOver() throws Exception {
    readAll(utf8("\uFEFF{\"a\":\"" + "x".repeat(5_000) + "\"}"));
  }

  @Test
  void halfOfASurrogatePairIsToldWithItsPath() {
    for (String filler : List.of("", "x".repeat(5_000))) {
      for (String half :
          List.of("\\ud83d", "\\ude00", "\\ud83dx", "\\ud83d\\ud83d\\ude00", "\\ude00\\ud83d")) {
        assertThatThrownBy(() -> readAll(utf8("{\"a\":[1,\"" + filler + half + "\"]}")))
            .isInstanceOf(InputException.class)
            .hasMessage("a[1]: holds half of a surrogate pair, which is no character");
      }
    }
  }

  @Test
  void sizesAreBounded() throws Exception {
    String filler = "x".repeat(1 << 20);
    try (SpoolFile file = spool.begin();
        JsonReader reader =
            new JsonReader(
                new ByteArrayInputStream(utf8("{\"a\":\"" + filler + "\"}")),
                file,
                heap,
                1 << 20)) {
      reader.next();
      reader.next();
      assertThatThrownBy(reader::next)
          .isInstanceOfSatisfying(
              InputException.class, e -> assertThat(e.fault()).isEqualTo(Fault.TOO_LARGE));
    }
    StringBuilder many = new StringBuilder("[0");
    for (int i = 0; i < 1_000_000; i++) {
      many.append(",\"\"");
    }
    assertThatThrownBy(() -> readAll(utf8(many.append("]").toString())))
        .isInstanceOfSatisfying(
            InputException.class, e -> assertThat(e.fault()).isEqualTo(Fault.TOO_LARGE));
    assertThatThrownBy(() -> readAll(utf8("{\"" + "n".repeat(5_000) + "\":1}")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("the name of a field is longer");
  }

  @Test
  void i9_whatIsKeptSharesTheHeap() throws Exception {
    HeapBudget budget = new HeapBudget(64 << 10);
    byte[] document = utf8("[0" + ",\"\"".repeat(1_200) + "]");
    try (HeapShare other = budget.share("other");
        HeapShare third = budget.share("third");
        HeapShare mine = budget.share("mine");
        SpoolFile file = spool.begin();
        JsonReader reader =
            new JsonReader(new ByteArrayInputStream(document), file, mine, MAX_BYTES)) {
      assertThat(other.take(48 << 10)).isEqualTo(Taking.TAKEN);
      assertThat(third.take(48 << 10)).isEqualTo(Taking.TAKEN);
      assertThatThrownBy(
              () -> {
                while (reader.next() != JsonToken.END_ARRAY) {}
              })
          .isInstanceOfSatisfying(
              InputException.class, e -> assertThat(e.fault()).isEqualTo(Fault.BUSY));
    }
    assertThat(budget.freeBytes()).isEqualTo(64 << 10);
  }

  @Test
  void longStringsThatAreBroughtToMemoryCount() throws Exception {
    String one = ",\"" + "x".repeat(5_000) + "\"";
    byte[] many = utf8("[0" + one.repeat(2_000) + "]");
    try (SpoolFile file = spool.begin();
        JsonReader reader = new JsonReader(new ByteArrayInputStream(many), file, heap, MAX_BYTES)) {
      reader.next();
      reader.next();
      long[] chars = new long[1];
      assertThatThrownBy(
              () -> {
                while (reader.next() != JsonToken.END_ARRAY) {
                  chars[0] += reader.text().string(10_000).length();
                }
              })
          .isInstanceOfSatisfying(
              InputException.class, e -> assertThat(e.fault()).isEqualTo(Fault.TOO_LARGE))
          .hasMessageContaining("[8");
      assertThat(chars[0]).isLessThan(4L << 20);
    }
    // Left where they are they may be as many as they like.
    readAll(many);
  }

  /** Whatever bytes come: an answer, and no other exception than the one for the client. */
  @Test
  void randomChangesOfADocumentEndInAValueOrInARefusal() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
      json.writeStartObject();
      json.writeStringField("from", "a@b.example");
      json.writeStringField("text", "x\u00e9\ud83d\ude00\n".repeat(1_500));
      json.writeArrayFieldStart("to");
      json.writeNumber(1.5e300);
      json.writeNull();
      json.writeEndArray();
      json.writeEndObject();
    }
    int refused = 0;
    for (int seed = 0; seed < 3_000; seed++) {
      Random random = new Random(seed);
      byte[] bytes = out.toByteArray();
      for (int change = random.nextInt(4); change >= 0; change--) {
        int at = random.nextBoolean() ? random.nextInt(100) : random.nextInt(bytes.length);
        bytes[at] = (byte) random.nextInt(256);
      }
      try {
        readAll(bytes);
      } catch (InputException e) {
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(500);
  }

  @Test
  void namesOfFieldsAreKeptByNobodyOnceTheirDocumentIsRead() throws Exception {
    byte[] document = "{\"hostile\": 1}".getBytes(StandardCharsets.UTF_8);
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      try (SpoolFile file = spool.begin();
          JsonReader reader =
              new JsonReader(new ByteArrayInputStream(document), file, heap, MAX_BYTES)) {
        reader.next();
        reader.next();
        names.add(reader.name());
        reader.next();
        reader.next();
        reader.end();
      }
    }
    assertThat(names.getLast()).isEqualTo("hostile").isNotSameAs(names.getFirst());
  }
}
