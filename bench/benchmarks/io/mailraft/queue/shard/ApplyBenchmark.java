package io.mailraft.queue.shard;

import io.mailraft.api.log.DeliveryRef;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * The whole life of messages in one replica's state: stored, claimed, delivered, in three entries.
 * The counter {@code messages} is what one apply thread can do each second, without Raft's log.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class ApplyBenchmark {

  /** Messages that share an entry. */
  @Param({"1", "8", "64"})
  private int batch;

  @Param({"2048", "20480"})
  private int size;

  private ShardOnDisk shard;

  /** What JMH divides by the time. */
  @AuxCounters
  @State(Scope.Thread)
  public static class Counted {
    /** Messages that went all the way. */
    public long messages;
  }

  /** Opens the database. */
  @Setup(Level.Iteration)
  public void open() throws IOException {
    shard = new ShardOnDisk(size, 1);
    shard.want(batch);
  }

  /** Removes the database. */
  @TearDown(Level.Iteration)
  public void close() throws IOException {
    shard.close();
  }

  @Benchmark
  public void storedClaimedDelivered(Counted counted) {
    shard.apply(shard.messages(batch));
    int left = batch;
    while (left > 0) {
      List<DeliveryRef> claimed = shard.claim();
      if (claimed.isEmpty()) {
        throw new IllegalStateException(left + " messages are not claimed");
      }
      shard.deliver(claimed);
      left -= claimed.size();
    }
    counted.messages += batch;
  }
}
