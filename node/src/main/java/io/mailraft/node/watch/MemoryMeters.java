package io.mailraft.node.watch;

import io.mailraft.queue.Vitals;
import io.mailraft.queue.raft.GroupVitals;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/** Where a node's memory goes: heap, direct buffers, databases, and the process as a whole. */
public final class MemoryMeters {
  private static final Duration FRESH = Duration.ofSeconds(1);
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String RESIDENT = "VmRSS:";
  private static final int KIB = 1024;

  private MemoryMeters() {}

  /** Shows it in a registry. */
  public static void bind(MeterRegistry registry, Vitals vitals) {
    MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
    List<BufferPoolMXBean> pools = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class);
    Supplier<List<GroupVitals>> groups = new Sample<>(FRESH, System::nanoTime, vitals::groups);
    gauge(
        registry,
        "heap.used",
        "Heap that is used, garbage with it",
        () -> (double) memory.getHeapMemoryUsage().getUsed());
    gauge(
        registry,
        "heap.max",
        "Heap that may be used",
        () -> (double) memory.getHeapMemoryUsage().getMax());
    gauge(
        registry,
        "direct",
        "Direct and mapped buffers that the JVM knows of",
        () -> (double) pools.stream().mapToLong(BufferPoolMXBean::getMemoryUsed).sum());
    gauge(registry, "resident", "Resident set of the process", MemoryMeters::resident);
    gauge(
        registry,
        "rocksdb.cache",
        "The databases' block cache, with the write buffers that it is charged for",
        () -> (double) vitals.cacheBytes());
    gauge(
        registry,
        "rocksdb.memtables",
        "The databases' rows that were not flushed yet",
        () -> sum(groups.get(), group -> group.memory().memtableBytes()));
    gauge(
        registry,
        "rocksdb.table.readers",
        "What the databases need to read their files, outside the block cache",
        () -> sum(groups.get(), group -> group.memory().tableReaderBytes()));
  }

  private static double sum(List<GroupVitals> groups, ToLongFunction<GroupVitals> of) {
    return (double) groups.stream().mapToLong(of).sum();
  }

  /** NaN where the system does not tell. */
  private static double resident() {
    try {
      return Files.readAllLines(STATUS, StandardCharsets.US_ASCII).stream()
          .filter(line -> line.startsWith(RESIDENT))
          .map(line -> line.replaceAll("[^0-9]", ""))
          .mapToDouble(kib -> Double.parseDouble(kib) * KIB)
          .findFirst()
          .orElse(Double.NaN);
    } catch (IOException e) {
      return Double.NaN;
    }
  }

  private static void gauge(
      MeterRegistry registry, String name, String says, DoubleSupplier value) {
    Gauge.builder("mailraft.memory." + name, value::getAsDouble)
        .description(says)
        .baseUnit("bytes")
        .register(registry);
  }
}
