package io.mailraft.queue.shard;

import io.mailraft.api.log.DeliveryRef;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * One claim, chosen and applied, its outcome, and the message that takes its place, at depths of
 * the queue over many domains. The time must hardly grow with the depth.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class ClaimBenchmark {
  private static final int FILL_BATCH = 500;
  private static final int BODY_BYTES = 256;

  @Param({"1000", "100000", "1000000"})
  private int depth;

  @Param({"10", "50000"})
  private int domains;

  private ShardOnDisk shard;

  /** Fills the queue. */
  @Setup
  public void fill() throws IOException {
    shard = new ShardOnDisk(BODY_BYTES, domains);
    for (int filled = 0; filled < depth; filled += FILL_BATCH) {
      shard.apply(shard.messages(Math.min(FILL_BATCH, depth - filled)));
    }
    if (shard.open() != depth) {
      throw new IllegalStateException(shard.open() + " are queued, not " + depth);
    }
    shard.want(1);
  }

  /** Removes the database. */
  @TearDown
  public void close() throws IOException {
    shard.close();
  }

  @Benchmark
  public void claimDeliverReplace() {
    List<DeliveryRef> claimed = shard.claim();
    if (claimed.size() != 1) {
      throw new IllegalStateException(claimed.size() + " claims instead of one");
    }
    shard.deliver(claimed);
    shard.apply(shard.messages(1));
  }
}
