package io.mailraft.ops.faults;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A long cable between a network interface and its bridge: the interface is moved to a bridge of
 * its own, and two TAP devices, one at each bridge, carry the frames across, each after the same
 * time and in order. For kernels without netem.
 */
final class DelayedLink implements AutoCloseable {
  private static final long TUNSETIFF = 0x400454caL;
  private static final short IFF_TAP = 0x0002;
  private static final short IFF_NO_PI = 0x1000;
  private static final int NAME_BYTES = 16;
  private static final int REQUEST_BYTES = 40;
  private static final int FRAME_BYTES_MAX = 65_536;

  /** Frames on their way in one direction; more are dropped, as a full router does. */
  private static final int FRAMES_MAX = 10_000;

  private static final int POLL_MILLIS = 100;

  private static final class Frame {
    final byte[] bytes;
    final long dueNanos;

    Frame(byte[] bytes, long dueNanos) {
      this.bytes = bytes;
      this.dueNanos = dueNanos;
    }
  }

  private final TakeDown takeDown = new TakeDown();
  private final List<Thread> threads = new ArrayList<>();
  private final long delayNanos;
  private volatile boolean closed;
  private volatile Optional<IOException> trouble = Optional.empty();

  private DelayedLink(long delayNanos) {
    this.delayNanos = delayNanos;
  }

  /**
   * Puts it between a port of a bridge and the bridge.
   *
   * @param port name of an interface, at most 14 characters
   */
  static DelayedLink splice(String port, String bridge, int millis) throws IOException {
    DelayedLink link = new DelayedLink(TimeUnit.MILLISECONDS.toNanos(millis));
    try {
      link.splice(port, bridge);
      return link;
    } catch (IOException | RuntimeException e) {
      link.closed = true;
      link.takeDown.after(e);
      throw e;
    }
  }

  private void splice(String port, String bridge) throws IOException {
    String own = port + "c";
    Tools.run("ip", "link", "add", own, "type", "bridge");
    takeDown.push(() -> Tools.run("ip", "link", "delete", own));
    Tools.run("ip", "link", "set", own, "up");
    int near = tap(port + "a", own);
    int far = tap(port + "b", bridge);
    takeDown.push(this::awaitThreads);
    carry(near, far, port + "-out");
    carry(far, near, port + "-in");
    takeDown.push(() -> Tools.run("ip", "link", "set", port, "master", bridge));
    Tools.run("ip", "link", "set", port, "master", own);
  }

  private int tap(String name, String bridge) throws IOException {
    int fd = Libc.open("/dev/net/tun", Libc.O_RDWR);
    // The device goes with the last descriptor.
    takeDown.push(() -> Libc.close(fd));
    Libc.ioctl(
        "make the device " + name,
        fd,
        TUNSETIFF,
        arena -> {
          MemorySegment request = arena.allocate(REQUEST_BYTES, 8);
          request.setString(0, name);
          request.set(ValueLayout.JAVA_SHORT, NAME_BYTES, (short) (IFF_TAP | IFF_NO_PI));
          return request;
        });
    Tools.run("ip", "link", "set", name, "master", bridge, "up");
    return fd;
  }

  private void carry(int from, int to, String name) {
    BlockingQueue<Frame> way = new ArrayBlockingQueue<>(FRAMES_MAX);
    threads.add(
        Thread.ofPlatform()
            .daemon()
            .name(name + "-read")
            .start(() -> guarded(() -> read(from, way))));
    threads.add(
        Thread.ofPlatform()
            .daemon()
            .name(name + "-write")
            .start(() -> guarded(() -> write(to, way))));
  }

  private void guarded(TakeDown.Step step) {
    try {
      step.undo();
    } catch (IOException e) {
      trouble = Optional.of(e);
    }
  }

  private void read(int fd, BlockingQueue<Frame> way) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(FRAME_BYTES_MAX);
      while (!closed) {
        if (Libc.readable(fd, POLL_MILLIS)) {
          int length = Libc.read(fd, buffer);
          byte[] bytes = buffer.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
          // Where it is full, dropped: the senders find out and slow down.
          if (way.remainingCapacity() > 0) {
            way.add(new Frame(bytes, System.nanoTime() + delayNanos));
          }
        }
      }
    }
  }

  private void write(int fd, BlockingQueue<Frame> way) throws IOException {
    while (!closed) {
      Frame frame;
      try {
        frame = way.poll(POLL_MILLIS, TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        throw new InterruptedIOException("interrupted");
      }
      if (frame == null) {
        continue;
      }
      long left = frame.dueNanos - System.nanoTime();
      while (left > 0 && !closed) {
        LockSupport.parkNanos(left);
        left = frame.dueNanos - System.nanoTime();
      }
      try (Arena arena = Arena.ofConfined()) {
        Libc.write(fd, arena.allocateFrom(ValueLayout.JAVA_BYTE, frame.bytes));
      }
    }
  }

  private void awaitThreads() throws IOException {
    closed = true;
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted while " + thread.getName() + " ended");
      }
    }
  }

  /**
   * Takes it out again. Frames on their way are lost.
   *
   * @throws IOException if it could not be removed whole, or had stopped carrying frames
   */
  @Override
  public void close() throws IOException {
    takeDown.close();
    if (trouble.isPresent()) {
      throw new IOException("the delayed link broke", trouble.get());
    }
  }
}
