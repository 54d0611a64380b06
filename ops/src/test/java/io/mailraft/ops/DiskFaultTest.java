package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mailraft.ops.chaos.LoadClient;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.ops.faults.SyscallFault;
import io.mailraft.testkit.Script;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Disks that return errors or take long, under load, one node of three at a time. */
class DiskFaultTest {
  private static final int MESSAGES_PER_ROUND = 400;

  /** Snapshots so often that their syncs, and those of flushes, fail too. */
  private static final String SETTINGS =
      ClusterRun.QUICK_RETRY + "queue: { snapshotLogBytes: 1MiB }\n";

  @BeforeEach
  void needsStrace() throws Exception {
    Optional<String> reason = SyscallFault.unavailable();
    assumeTrue(reason.isEmpty(), () -> reason.orElse(""));
  }

  private record Round(String syscall, int nth, boolean leader) {}

  /** More of them with -Dmailraft.rounds=N: random ones then. */
  private static List<Round> rounds(Random random) {
    int more = Integer.getInteger("mailraft.rounds", 0);
    if (more == 0) {
      return List.of(
          new Round("fdatasync", 1, true),
          new Round("fdatasync", 25, false),
          new Round("fsync", 1, false),
          new Round("fdatasync", 30, true));
    }
    return random
        .ints(more, 1, 200)
        .mapToObj(
            nth ->
                new Round(
                    random.nextInt(3) == 0 ? "fsync" : "fdatasync",
                    random.nextInt(3) == 0 ? 1 + nth / 40 : nth,
                    random.nextBoolean()))
        .toList();
  }

  @Test
  void i1_aNodeWhoseDiskReturnsErrorsStopsAndNothingIsLost() throws Exception {
    long seed = Long.getLong("mailraft.seed", 7);
    System.err.println("seed " + seed);
    List<Round> rounds = rounds(new Random(seed));
    try (ClusterRun run =
        ClusterRun.start(
            "disk-fault", 3, Script.OBEDIENT, options -> options.withSettings(SETTINGS))) {
      for (Round round : rounds) {
        NodeProcess victim = round.leader() ? run.leader() : run.follower();
        int before = run.ledger.acceptedMessages();
        try (LoadClient load = run.load(MESSAGES_PER_ROUND, seed * 1000 + before)) {
          run.ledger.awaitAccepted(before + 20, ClusterRun.BOUND);
          try (SyscallFault fault =
              SyscallFault.failing(victim.pid(), round.syscall(), "EIO", round.nth())) {
            run.ledger.pathFault(victim.id());
            int exit = victim.awaitExit(ClusterRun.BOUND);
            // The call that fails may come long after the fault is set, and the end after that.
            run.ledger.pathFault(victim.id());
            System.err.println(
                round + ": " + victim.id() + " ended with " + exit + ", " + fault.injected());
            assertThat(exit)
                .as("%s: the exit code for a disk that cannot be used", round)
                .isEqualTo(74);
          }
          assertThat(Files.readString(victim.errorLog()))
              .contains("this node stops; its files are kept")
              .containsIgnoringCase("input/output error");
          run.cluster.startAll(ClusterRun.BOUND);
          assertThat(load.await(ClusterRun.BOUND)).as("messages given up").isZero();
        }
      }
      run.settle();
      run.assertReplicasEqual();
    }
  }

  @Test
  void aSlowDiskSlowsItsNodeAndStopsNothing() throws Exception {
    try (ClusterRun run = ClusterRun.start("slow-disk", 3)) {
      for (NodeProcess victim : List.of(run.leader(), run.follower())) {
        int before = run.ledger.acceptedMessages();
        try (SyscallFault fault =
                SyscallFault.slow(victim.pid(), "fdatasync", Duration.ofMillis(100));
            LoadClient load = run.load(60, before + 5)) {
          assertThat(load.await(ClusterRun.BOUND)).as("messages given up").isZero();
          assertThat(fault.injected()).isPositive();
        }
        assertThat(victim.isRunning()).isTrue();
      }
      run.settle();
      run.assertReplicasEqual();
    }
  }
}
