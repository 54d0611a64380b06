package io.mailraft.ops.faults;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import io.mailraft.ops.chaos.Await;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeoutException;

/**
 * A disk of one's own: a journaled ext4 file system on a loop device, mounted at a directory, that
 * loses power, fills up and turns read-only when told to.
 *
 * <p>A power cut is the ioctl FS_IOC_SHUTDOWN with the flag that leaves the journal alone: from
 * then on nothing reaches the device, every call on an open file gets EIO, and the next mount finds
 * what was on the disk at that moment. A disk that reorders what was not flushed is not shown by
 * it; the loop device keeps the order of writes.
 */
public final class LoopDisk implements AutoCloseable {
  private static final long SHUTDOWN = 0x8004587dL;
  private static final int NO_LOG_FLUSH = 2;
  private static final long BYTES_MIN = 16L << 20;
  private static final int BLOCK_BYTES = 4096;
  private static final int CHUNK_BYTES = 1 << 20;

  /** What a filler writes at the end, since nodes take space meanwhile. */
  private static final long WRITTEN_BYTES = 16 << 20;

  /** Time that the kernel may need to let go of the files of processes that have ended. */
  private static final Duration RELEASE_TIME_MAX = Duration.ofSeconds(20);

  private final Path directory;
  private final Path filler;
  private final String device;
  private final TakeDown takeDown;
  private boolean mounted;
  private boolean hurt;

  private LoopDisk(Path directory, String device, TakeDown takeDown) {
    this.directory = directory;
    this.filler = directory.resolve("filler");
    this.device = device;
    this.takeDown = takeDown;
  }

  /** Why there can be no such disk here, or empty if there can. */
  public static Optional<String> unavailable() {
    Optional<String> reason =
        Tools.unavailable("losetup", "mkfs.ext4", "e2fsck", "mount", "umount", "fallocate");
    return reason.isEmpty() && !Files.exists(Path.of("/dev/loop-control"))
        ? Optional.of("needs loop devices")
        : reason;
  }

  /**
   * Makes a disk and mounts it.
   *
   * @param directory where it is mounted; made if it is not there. The disk's content is a sparse
   *     file beside it.
   * @param bytes size of the disk, 16 MiB at least
   */
  public static LoopDisk create(Path directory, long bytes) throws IOException {
    if (bytes < BYTES_MIN) {
      throw new IllegalArgumentException("a disk has " + BYTES_MIN + " bytes at least: " + bytes);
    }
    TakeDown takeDown = new TakeDown();
    try {
      Files.createDirectories(directory);
      takeDown.push(() -> Files.deleteIfExists(directory));
      Path image = directory.resolveSibling(directory.getFileName() + ".img");
      takeDown.push(() -> Files.deleteIfExists(image));
      try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
        file.setLength(bytes);
      }
      String device = Tools.run("losetup", "--find", "--show", image.toString());
      takeDown.push(() -> Tools.run("losetup", "--detach", device));
      // No block is kept back for root, so that full is full.
      Tools.run(
          "mkfs.ext4",
          "-q",
          "-F",
          "-m",
          "0",
          "-E",
          "nodiscard,lazy_itable_init=0,lazy_journal_init=0",
          device);
      LoopDisk disk = new LoopDisk(directory, device, takeDown);
      disk.mount();
      takeDown.push(disk::unmount);
      return disk;
    } catch (IOException | RuntimeException e) {
      takeDown.after(e);
      throw e;
    }
  }

  /** Where it is mounted. */
  public Path directory() {
    return directory;
  }

  /**
   * Takes the power away: what was not on the disk is gone. Processes that use it live on and get
   * EIO for everything; end them, then {@link #revive()}.
   */
  public void powerCut() throws IOException {
    int fd = Libc.open(directory.toString(), Libc.O_RDONLY);
    try {
      Libc.ioctl(
          "cut the power of " + directory,
          fd,
          SHUTDOWN,
          arena -> arena.allocateFrom(ValueLayout.JAVA_INT, NO_LOG_FLUSH));
    } finally {
      Libc.close(fd);
    }
  }

  /**
   * Makes every further write end with EROFS, on files that are open too, as ext4 does on an error
   * of the device. {@link #revive()} makes it writable again.
   */
  public void readOnly() throws IOException {
    Tools.run("mount", "-o", "remount,abort", directory.toString());
    hurt = true;
  }

  /**
   * Unmounts and mounts again, as a machine does that comes back.
   *
   * @throws IOException if a process still uses it
   */
  public void revive() throws IOException {
    unmount();
    if (hurt) {
      // Exit code 1 says that it mended what an aborted journal leaves behind.
      Tools.run("sh", "-c", "e2fsck -f -y \"$0\" || [ $? -eq 1 ]", device);
      hurt = false;
    }
    mount();
  }

  /** Fills all space. What others free afterwards is theirs; call it again to take that too. */
  public void fill() throws IOException {
    fill(0);
  }

  /** Takes all space but so many bytes, by a file of its own. */
  public void fill(long leftBytes) throws IOException {
    long most = freeBytes() - leftBytes - WRITTEN_BYTES;
    if (most > 0) {
      // Reserved, not written, so that it takes no time; the rest shows when it is full.
      Tools.run("fallocate", "--length", String.valueOf(most), filler.toString());
    }
    try (FileChannel file = FileChannel.open(filler, CREATE, WRITE, APPEND)) {
      ByteBuffer content = ByteBuffer.allocate(CHUNK_BYTES);
      boolean full = false;
      while (!full) {
        // What others write meanwhile is seen too: the space is asked for before each write.
        long left = freeBytes() - leftBytes;
        int length = Math.toIntExact(Math.clamp(left, BLOCK_BYTES, CHUNK_BYTES));
        full = (leftBytes > 0 && left <= 0) || !append(file, content.clear().limit(length));
      }
    }
  }

  /** Writes and syncs all of it, or returns false if there is no more space. */
  private static boolean append(FileChannel file, ByteBuffer content) throws IOException {
    try {
      while (content.hasRemaining()) {
        file.write(content);
      }
      file.force(true);
      return true;
    } catch (IOException e) {
      if (String.valueOf(e.getMessage()).contains("No space left")) {
        return false;
      }
      throw e;
    }
  }

  /** Gives back what {@link #fill()} took. */
  public void free() throws IOException {
    Files.deleteIfExists(filler);
  }

  /** Bytes that files can still take. */
  public long freeBytes() throws IOException {
    return Files.getFileStore(directory).getUsableSpace();
  }

  private void mount() throws IOException {
    Tools.run(
        "mount",
        "-t",
        "ext4",
        "-o",
        "noatime,nodiscard,errors=remount-ro",
        device,
        directory.toString());
    mounted = true;
  }

  private void unmount() throws IOException {
    if (!mounted) {
      return;
    }
    try {
      Await.until(RELEASE_TIME_MAX, directory + " is unmounted", this::unmounted);
    } catch (UncheckedIOException e) {
      throw new IOException("cannot unmount " + directory, e.getCause());
    } catch (TimeoutException e) {
      throw new IOException("a process still uses " + directory, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while " + directory + " was unmounted");
    }
    mounted = false;
  }

  private boolean unmounted() {
    try {
      Tools.run("umount", directory.toString());
      return true;
    } catch (IOException e) {
      // In use for the moment; the caller asks again until its bound.
      if (String.valueOf(e.getMessage()).contains("busy")) {
        return false;
      }
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Unmounts the disk and removes it with its directory.
   *
   * @throws IOException if a process still uses it; what could be removed is removed
   */
  @Override
  public void close() throws IOException {
    takeDown.close();
  }
}
