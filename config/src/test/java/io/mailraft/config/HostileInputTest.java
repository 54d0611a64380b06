package io.mailraft.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.fail;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files made to hurt. */
final class HostileInputTest {
  private static final int FUZZ_ROUNDS = 20_000;

  @TempDir Path directory;

  @Test
  void aHugeFileIsRefusedUnread() throws Exception {
    Path file = Files.write(directory.resolve("huge.yaml"), new byte[YamlText.FILE_BYTES_MAX + 1]);
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> ConfigLoader.load(file))
        .withMessage(file + ": the file is larger than 4MiB, which no settings need");
  }

  @Test
  void aHugeTextIsRefused() {
    assertRefused("#".repeat(YamlText.TEXT_CHARS_MAX + 1), "f:1: the text is larger than 7MiB");
  }

  @Test
  void bytesThatAreNotTextAreRefused() throws Exception {
    Path file = Files.write(directory.resolve("binary.yaml"), new byte[] {'a', (byte) 0xff, 'b'});
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> ConfigLoader.load(file))
        .withMessage(file + ": the file is not UTF-8 text");
  }

  @Test
  void aByteOrderMarkIsSkipped() throws Exception {
    byte[] bytes = "\uFEFFnode: { id: n5 }".getBytes(StandardCharsets.UTF_8);
    Path file = Files.write(directory.resolve("mark.yaml"), bytes);
    assertThat(ConfigLoader.load(file).node().id()).isEqualTo("n5");
  }

  @Test
  void aControlCharacterIsRefusedWithItsLine() {
    assertRefused(
        "node: {}\nhttp: \u0001", "f:2: this is not YAML: the character U+0001 may not stand here");
  }

  @Test
  void deepNestingIsRefusedBeforeItCostsAnything() {
    assertRefused("[".repeat(500_000), "f:1: more than 10 levels of nesting");
    assertRefused("{a: ".repeat(200_000), "f:1: more than 10 levels of nesting");
    assertRefused("- ".repeat(20_000), "f:1: more than 10 levels of nesting");
  }

  @Test
  void anAliasBombIsRefused() {
    StringBuilder bomb = new StringBuilder("a0: &a0 [x, x]\n");
    for (int i = 1; i < 60; i++) {
      bomb.append("a%d: &a%d [*a%d, *a%d]\n".formatted(i, i, i - 1, i - 1));
    }
    assertRefused(
        bomb.toString(), "f:1: anchors (&) and aliases (*) are not supported; write the value out");
    assertRefused(
        "node: *nobody", "f:1: anchors (&) and aliases (*) are not supported; write the value out");
  }

  @Test
  void aValueThatNamesAJavaTypeIsRefused() {
    assertRefused(
        "node: !!java.net.URL [\"http://192.0.2.1/\"]",
        "f:1: tags (!) are not supported; leave it out");
  }

  @Test
  void aLongValueIsRefused() {
    assertRefused(
        "node: {id: " + "a".repeat(5000) + "}", "f:1: a value of more than 4096 characters");
    assertRefused(
        "node: {id: " + "1".repeat(5000) + "}", "f:1: a value of more than 4096 characters");
  }

  @Test
  void aMessageRepeatsNeitherControlCharactersNorWholeValues() {
    assertRefused(
        "node: {id: \"\\e[31m" + "x".repeat(100) + "\"}",
        "f:1: node.id: '?[31m" + "x".repeat(55) + "...' is not a name of 1 to 63 of a-z 0-9 -");
  }

  @Test
  void noInputRaisesAnythingButConfigException() {
    long seed = Long.getLong("mailraft.seed", 20_260_101L);
    Random random = new Random(seed);
    List<String> corpus =
        List.of(
            "node: { id: n1, dataDir: data, addresses: [127.0.0.1] }\n",
            "cluster: { name: demo, shards: 1, peers: { n1: \"127.0.0.1:7100\" } }\n",
            "cluster:\n  tls: { certificate: a, key: b, authority: c }\n  leaseTerm: 5s\n",
            "smtp:\n- { listen: \"[::1]:25\", allow: [192.0.2.0/24, \"2001:db8::/32\"] }\n",
            "dns: { servers: [192.0.2.1, \"127.0.0.1:5353\"], timeout: 5s }\n",
            "zones:\n  default: { connections: 50, host: 127.0.0.1, port: 2526 }\n",
            "zones:\n  eu:\n    pool:\n    - { address: 192.0.2.1, warmup: { start: 2026-01-01,"
                + " perDay: [1, 2] } }\n    throttle: 5/hour\n",
            "throttles:\n  gmail.com: { rate: 600/minute, burst: 20 }\n  mx:*.a: { connections: 1"
                + " }\nblocklistPause: 1h\n",
            "delivery: { retry: [5m, 48h], expireAfter: 1d, helo: mx.example }\n",
            "queue:\n  submitTimeout: 60s\n  memoryBytes: 64MiB\n");
    for (int round = 0; round < FUZZ_ROUNDS; round++) {
      String text = mutant(corpus, random);
      try {
        ConfigLoader.parse(text, "f");
      } catch (ConfigException expected) {
        assertThat(expected.getMessage()).isNotBlank();
      } catch (RuntimeException | StackOverflowError e) {
        fail("seed " + seed + ", round " + round + ": " + e + " for:\n" + text, e);
      }
    }
  }

  @Test
  void whateverReadsAsADocumentReadsTheSameWithAnotherVersion() {
    long seed = Long.getLong("mailraft.seed", 20_261_205L);
    Random random = new Random(seed);
    List<String> corpus =
        List.of(
            "version: 3\n",
            "  version: 3 # ours\n",
            "? version\n: 3\n",
            "# none\n",
            "---\n",
            "%YAML 1.2\n",
            "...\n",
            "zones: { eu: { pool: [ { address: 192.0.2.1 } ] } }\n",
            "zones:\n  eu:\n    throttle: 5/hour\n",
            "throttles:\r\n  gmail.com: { rate: 600/minute }\r\n",
            "blocklistPause: 1h\n",
            "{ version: 3, zones: {}, }\n",
            "{zones: {eu: }, version: 3, blocklistPause: 2h}");
    int readable = 0;
    for (int round = 0; round < FUZZ_ROUNDS; round++) {
      String text = mutant(corpus, random);
      try {
        ClusterYaml.Parsed parsed = ClusterYaml.read(text, "f");
        readable++;
        ClusterYaml.Parsed bare = ClusterYaml.read(parsed.body(), "body");
        assertThat(bare.version()).as("seed %s, round %s:%n%s", seed, round, text).isEmpty();
        assertThat(bare.settings()).isEqualTo(parsed.settings());
        ClusterYaml.Parsed next = ClusterYaml.read(ClusterYaml.withVersion(bare.body(), 9), "next");
        assertThat(next.version()).hasValue(9);
        assertThat(next.settings()).isEqualTo(parsed.settings());
      } catch (ConfigException expected) {
        assertThat(expected.getMessage())
            .as("seed %s, round %s:%n%s", seed, round, text)
            .matches("(?s)f:.*");
      } catch (RuntimeException | StackOverflowError e) {
        fail("seed " + seed + ", round " + round + ": " + e + " for:\n" + text, e);
      }
    }
    assertThat(readable).isGreaterThan(FUZZ_ROUNDS / 50);
  }

  private static String mutant(List<String> corpus, Random random) {
    String alphabet =
        "{}[]:,-?&*!|>'\"%@`#~ \n\t\r\0\\.0123456789abcmnsKMGiBx<=\u0085\u00e9\ufeff\ud83d\uffff";
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(4); i >= 0; i--) {
      text.append(corpus.get(random.nextInt(corpus.size())));
    }
    for (int i = random.nextInt(8); i > 0; i--) {
      int at = random.nextInt(text.length() + 1);
      char c = alphabet.charAt(random.nextInt(alphabet.length()));
      switch (random.nextInt(4)) {
        case 0 -> text.insert(at, c);
        case 1 -> text.insert(at, String.valueOf(c).repeat(random.nextInt(40)));
        case 2 -> text.delete(at, Math.min(text.length(), at + random.nextInt(12)));
        default -> {
          int from = random.nextInt(text.length() + 1);
          int to = Math.min(text.length(), from + random.nextInt(30));
          text.insert(at, text.substring(from, to));
        }
      }
    }
    return text.toString();
  }

  private static void assertRefused(String yaml, String message) {
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> ConfigLoader.parse(yaml, "f"))
        .withMessage(message);
  }
}
