package io.mailraft.queue.raft;

import io.mailraft.api.log.Record;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Measures group commit: records per second, records per entry and the time that one takes, for
 * some numbers of callers that each wait for their answer, on any number of nodes in one process.
 * Run by hand.
 */
final class ProposerMeasurement {
  /** More would be refused: a group takes only so many bytes at once. */
  private static final long WAITING_BYTES_MAX = 16L << 20;

  private static final long NANOS = 2_000_000_000L;

  private ProposerMeasurement() {}

  /** Takes the directory to work in, the number of nodes and the size of a record. */
  public static void main(String[] arguments) throws Exception {
    Path directory = Files.createTempDirectory(Path.of(arguments[0]), "measure");
    int nodes = Integer.parseInt(arguments[1]);
    int bodyBytes = Integer.parseInt(arguments[2]);
    try (TestCluster cluster = TestCluster.of(directory, nodes, 256L << 20).startAll()) {
      String leader = cluster.leader();
      run(cluster, leader, 20, bodyBytes);
      for (int callers : new int[] {1, 20, 200}) {
        if ((long) callers * bodyBytes <= WAITING_BYTES_MAX) {
          System.out.println(run(cluster, leader, callers, bodyBytes));
        }
      }
    } finally {
      Durable.remove(directory);
    }
  }

  private static String run(TestCluster cluster, String leader, int callers, int bodyBytes)
      throws InterruptedException {
    Group group = cluster.group(leader);
    Record record = TestCluster.chunk(1, new byte[bodyBytes]);
    AtomicLong done = new AtomicLong();
    long[][] times = new long[callers][];
    long entriesBefore = cluster.fold(leader).entries();
    CountDownLatch over = new CountDownLatch(callers);
    long start = System.nanoTime();
    long end = start + NANOS;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int caller = 0; caller < callers; caller++) {
        int number = caller;
        threads.execute(
            () -> {
              long[] mine = new long[64];
              int count = 0;
              for (long from = System.nanoTime(); from < end; ) {
                group.propose(record).join();
                long to = System.nanoTime();
                if (count == mine.length) {
                  mine = Arrays.copyOf(mine, 2 * count);
                }
                mine[count++] = to - from;
                from = to;
              }
              times[number] = Arrays.copyOf(mine, count);
              done.addAndGet(count);
              over.countDown();
            });
      }
      over.await();
    }
    long elapsed = System.nanoTime() - start;
    long[] all = Arrays.stream(times).flatMapToLong(Arrays::stream).sorted().toArray();
    long entries = cluster.fold(leader).entries() - entriesBefore;
    return String.format(
        "callers %3d: %6.0f records/s, %5.1f records/entry, %5.0f entries/s, p50 %.2f ms, p99 %.2f"
            + " ms",
        callers,
        done.get() * 1e9 / elapsed,
        (double) done.get() / entries,
        entries * 1e9 / elapsed,
        all[all.length / 2] / 1e6,
        all[(int) (all.length * 0.99)] / 1e6);
  }
}
