package io.mailraft.ops.faults;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.function.Function;

/** The few calls of the C library that the JDK has no name for. 64-bit Linux. */
// Restricted are calls that can crash the JVM; these are what the class is for.
@SuppressWarnings("restricted")
final class Libc {
  static final int O_RDONLY = 0;
  static final int O_RDWR = 2;
  private static final int O_CLOEXEC = 0x80000;
  private static final short POLLIN = 1;
  private static final int EINTR = 4;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final Linker.Option CAPTURE = Linker.Option.captureCallState("errno");

  private static final MethodHandle OPEN =
      handle(
          "open",
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
          Linker.Option.firstVariadicArg(2));
  private static final MethodHandle IOCTL =
      handle(
          "ioctl",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.ADDRESS),
          Linker.Option.firstVariadicArg(2));
  private static final MethodHandle READ = transfer("read");
  private static final MethodHandle WRITE = transfer("write");
  private static final MethodHandle POLL =
      handle(
          "poll",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT));
  private static final MethodHandle CLOSE =
      handle("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
  private static final MethodHandle STRERROR =
      LINKER.downcallHandle(
          LINKER.defaultLookup().find("strerror").orElseThrow(),
          FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_INT));

  private Libc() {}

  private static MethodHandle transfer(String name) {
    return handle(
        name,
        FunctionDescriptor.of(
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_INT,
            ValueLayout.ADDRESS,
            ValueLayout.JAVA_LONG));
  }

  private static MethodHandle handle(
      String name, FunctionDescriptor descriptor, Linker.Option... more) {
    Linker.Option[] options = new Linker.Option[more.length + 1];
    options[0] = CAPTURE;
    System.arraycopy(more, 0, options, 1, more.length);
    return LINKER.downcallHandle(
        LINKER.defaultLookup().find(name).orElseThrow(), descriptor, options);
  }

  /** A call into the library, whose first argument is where errno goes. */
  @FunctionalInterface
  private interface Call {
    long on(MemorySegment state) throws Throwable;
  }

  private static long call(String what, Arena arena, Call call) throws IOException {
    MemorySegment state = arena.allocate(STATE);
    long result;
    int errno;
    do {
      try {
        result = call.on(state);
      } catch (IOException | RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw new IllegalStateException(what, e);
      }
      errno = (int) ERRNO.get(state, 0L);
    } while (result < 0 && errno == EINTR);
    if (result < 0) {
      throw new IOException(what + ": " + text(errno));
    }
    return result;
  }

  private static String text(int errno) {
    try {
      MemorySegment said = (MemorySegment) STRERROR.invokeExact(errno);
      return said.reinterpret(1024).getString(0);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("strerror", e);
    }
  }

  /** Opens a file and returns its descriptor, which programs that this JVM starts do not get. */
  static int open(String path, int flags) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocateFrom(path);
      return (int)
          call(
              "open " + path,
              arena,
              state -> (int) OPEN.invokeExact(state, name, flags | O_CLOEXEC));
    }
  }

  /** An ioctl whose argument is a structure that the function lays out. */
  static void ioctl(String what, int fd, long request, Function<Arena, MemorySegment> argument)
      throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment passed = argument.apply(arena);
      call(what, arena, state -> (int) IOCTL.invokeExact(state, fd, request, passed));
    }
  }

  /** Whether there is something to read, waiting that long for it. */
  static boolean readable(int fd, int timeoutMillis) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment asked = arena.allocate(8, 4);
      asked.set(ValueLayout.JAVA_INT, 0, fd);
      asked.set(ValueLayout.JAVA_SHORT, 4, POLLIN);
      return call("poll", arena, state -> (int) POLL.invokeExact(state, asked, 1L, timeoutMillis))
          > 0;
    }
  }

  /** Reads at most as much as the buffer holds, and returns how much. */
  static int read(int fd, MemorySegment buffer) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      return (int)
          call(
              "read",
              arena,
              state -> (long) READ.invokeExact(state, fd, buffer, buffer.byteSize()));
    }
  }

  /** Writes in one call. */
  static void write(int fd, MemorySegment content) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      call(
          "write",
          arena,
          state -> (long) WRITE.invokeExact(state, fd, content, content.byteSize()));
    }
  }

  static void close(int fd) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      call("close", arena, state -> (int) CLOSE.invokeExact(state, fd));
    }
  }
}
