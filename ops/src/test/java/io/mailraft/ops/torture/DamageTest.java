package io.mailraft.ops.torture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is harmed in a data directory, and what is left alone. */
class DamageTest {
  private static final int LOG_BYTES = 9_000;

  @TempDir private Path data;
  private Map<String, byte[]> before;

  @BeforeEach
  void fill() throws IOException {
    byte[] log = new byte[1 << 16];
    Arrays.fill(log, 0, LOG_BYTES, (byte) 7);
    write("g1/current/log_inprogress_4", log);
    write("g1/current/log_0-3", filled(500));
    write("g1/current/raft-meta", filled(60));
    write("g1/db/000012.sst", filled(5_000));
    write("g2/db/000007.sst", filled(2_000));
    write("g2/db/CURRENT", filled(20));
    write("g2/current/raft-meta", filled(50));
    write("member", filled(90));
    before = contents();
  }

  private static byte[] filled(int bytes) {
    byte[] content = new byte[bytes];
    Arrays.fill(content, (byte) 9);
    return content;
  }

  private void write(String name, byte[] content) throws IOException {
    Path file = data.resolve("raft").resolve(name);
    Files.createDirectories(file.getParent());
    Files.write(file, content);
  }

  private Map<String, byte[]> contents() throws IOException {
    Map<String, byte[]> contents = new HashMap<>();
    try (var files = Files.walk(data.resolve("raft"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        contents.put(data.resolve("raft").relativize(file).toString(), Files.readAllBytes(file));
      }
    }
    return contents;
  }

  private byte[] bytes(String name) throws IOException {
    return Files.readAllBytes(data.resolve("raft").resolve(name));
  }

  private Damage.Done done(Damage.Kind kind, boolean cut, boolean running) throws IOException {
    Damage.Done done = new Damage(kind, cut, running).inflict(data);
    Map<String, byte[]> after = contents();
    before.forEach(
        (name, content) ->
            assertThat(!Arrays.equals(content, after.get(name)))
                .as("%s is harmed", name)
                .isEqualTo(done.files().contains(name)));
    return done;
  }

  @Test
  void one_bit_of_the_longest_log_is_flipped_well_before_its_end() throws Exception {
    byte[] untouched = bytes("g1/current/log_inprogress_4");
    assertThat(done(Damage.Kind.LOG, false, false).files())
        .containsExactly("g1/current/log_inprogress_4");
    byte[] log = bytes("g1/current/log_inprogress_4");
    assertThat(log[LOG_BYTES / 3]).isEqualTo((byte) (7 ^ 4));
    log[LOG_BYTES / 3] = 7;
    assertThat(log).isEqualTo(untouched);
  }

  @Test
  void the_log_is_cut_in_the_middle_of_what_was_written() throws Exception {
    assertThat(done(Damage.Kind.LOG, true, false).certain()).isTrue();
    assertThat(bytes("g1/current/log_inprogress_4")).hasSize(LOG_BYTES / 2);
  }

  @Test
  void votes_and_member_files_are_harmed_one_at_a_time() throws Exception {
    assertThat(done(Damage.Kind.VOTE, true, false).files()).containsExactly("g1/current/raft-meta");
    before = contents();
    assertThat(done(Damage.Kind.MEMBER, false, true))
        .isEqualTo(new Damage.Done(List.of("member"), false));
  }

  @Test
  void all_tables_are_harmed_many_times() throws Exception {
    Damage.Done done = done(Damage.Kind.TABLE, false, false);
    assertThat(done.certain()).isFalse();
    assertThat(done.files()).containsExactly("g1/db/000012.sst", "g2/db/000007.sst");
    assertThat(bytes("g1/db/000012.sst")[100]).isEqualTo((byte) (9 ^ 4));
    assertThat(bytes("g1/db/000012.sst")[4_600]).isEqualTo((byte) (9 ^ 4));
  }

  @Test
  void where_there_are_no_blobs_the_log_is_harmed() throws Exception {
    assertThat(done(Damage.Kind.BLOB, true, false))
        .isEqualTo(new Damage.Done(List.of("g1/current/log_inprogress_4"), true));
  }

  @Test
  void what_cannot_be_damaged_is_refused() throws Exception {
    assertThatThrownBy(() -> new Damage(Damage.Kind.LOG, true, true))
        .isInstanceOf(IllegalArgumentException.class);
    DataHands.empty(data);
    assertThat(data).isEmptyDirectory();
    Files.createDirectory(data.resolve("raft"));
    assertThatThrownBy(() -> new Damage(Damage.Kind.MEMBER, false, false).inflict(data))
        .hasMessageContaining("nothing to damage");
  }
}
