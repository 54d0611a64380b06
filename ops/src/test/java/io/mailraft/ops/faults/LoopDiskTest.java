package io.mailraft.ops.faults;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoopDiskTest {
  private static final long BYTES = 64L << 20;

  @TempDir Path place;

  @BeforeEach
  void demand() {
    assumeTrue(
        LoopDisk.unavailable().isEmpty(), () -> "LoopDisk " + LoopDisk.unavailable().orElseThrow());
  }

  private LoopDisk disk() throws IOException {
    return LoopDisk.create(place.resolve("disk"), BYTES);
  }

  private static FileChannel file(LoopDisk disk, String name) throws IOException {
    return FileChannel.open(disk.directory().resolve(name), CREATE, WRITE);
  }

  private static void write(FileChannel file, String text) throws IOException {
    file.write(ByteBuffer.wrap(text.getBytes(US_ASCII)));
  }

  private static void syncDirectory(LoopDisk disk) throws IOException {
    try (FileChannel directory = FileChannel.open(disk.directory())) {
      directory.force(true);
    }
  }

  @Test
  void after_a_power_cut_what_was_synced_is_there_and_what_was_not_is_gone() throws Exception {
    try (LoopDisk disk = disk()) {
      try (FileChannel synced = file(disk, "synced");
          FileChannel grown = file(disk, "grown")) {
        write(grown, "one");
        grown.force(true);
        write(synced, "kept");
        synced.force(true);
        syncDirectory(disk);
        Files.writeString(disk.directory().resolve("unsynced"), "lost");
        write(grown, "two");
        disk.powerCut();
        assertThatThrownBy(() -> synced.force(true))
            .isInstanceOf(IOException.class)
            .hasMessageContaining("Input/output error");
      }
      disk.revive();
      assertThat(disk.directory().resolve("synced")).hasContent("kept");
      assertThat(disk.directory().resolve("grown")).hasContent("one");
      assertThat(disk.directory().resolve("unsynced")).doesNotExist();
      Files.writeString(disk.directory().resolve("again"), "works");
    }
  }

  @Test
  void a_disk_that_is_unmounted_without_a_power_cut_loses_nothing() throws Exception {
    try (LoopDisk disk = disk()) {
      Files.writeString(disk.directory().resolve("unsynced"), "kept");
      disk.revive();
      assertThat(disk.directory().resolve("unsynced")).hasContent("kept");
    }
  }

  @Test
  void a_full_disk_takes_nothing_until_space_is_given_back() throws Exception {
    try (LoopDisk disk = disk()) {
      disk.fill(8 << 20);
      assertThat(disk.freeBytes()).isBetween(7L << 20, 8L << 20);
      disk.fill();
      assertThat(disk.freeBytes()).isZero();
      assertThatThrownBy(() -> Files.write(disk.directory().resolve("more"), new byte[100_000]))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("No space left");
      disk.free();
      Files.write(disk.directory().resolve("more"), new byte[100_000]);
    }
  }

  @Test
  void a_read_only_disk_refuses_writes_to_open_files_and_keeps_what_it_has() throws Exception {
    try (LoopDisk disk = disk()) {
      try (FileChannel open = file(disk, "open")) {
        write(open, "before");
        open.force(true);
        disk.readOnly();
        assertThatThrownBy(() -> write(open, "after"))
            .isInstanceOf(IOException.class)
            .hasMessageContaining("Read-only");
        assertThatThrownBy(() -> open.force(true)).isInstanceOf(IOException.class);
      }
      assertThat(disk.directory().resolve("open")).hasContent("before");
      disk.revive();
      assertThat(disk.directory().resolve("open")).hasContent("before");
      Files.writeString(disk.directory().resolve("again"), "works");
    }
  }

  @Test
  void closing_removes_mount_device_and_files_also_after_a_power_cut() throws Exception {
    LoopDisk disk = disk();
    disk.powerCut();
    disk.close();
    assertNothingIsLeft();
  }

  @Test
  void a_set_up_that_breaks_off_leaves_nothing() throws Exception {
    // A directory cannot be mounted below a file.
    Path file = Files.writeString(place.resolve("disk"), "in the way");
    assertThatThrownBy(() -> LoopDisk.create(file, BYTES)).isInstanceOf(IOException.class);
    assertThat(file).hasContent("in the way");
    Files.delete(file);
    // The image's place is taken by a directory.
    Path taken = Files.createDirectories(place.resolve("disk.img"));
    assertThatThrownBy(() -> LoopDisk.create(place.resolve("disk"), BYTES))
        .isInstanceOf(IOException.class);
    Files.deleteIfExists(taken);
    assertNothingIsLeft();
  }

  private void assertNothingIsLeft() throws IOException {
    assertThat(Files.readString(Path.of("/proc/mounts"))).doesNotContain(place.toString());
    assertThat(Tools.run("losetup", "--list", "--noheadings", "--output", "BACK-FILE"))
        .doesNotContain(place.toString());
    assertThat(place).isEmptyDirectory();
  }
}
