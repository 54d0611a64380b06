/**
 * The chaos kit: clusters of real processes on this machine, load for them, and a checker of what
 * became of it.
 *
 * <h2>Purpose</h2>
 *
 * {@link io.mailraft.ops.chaos.LocalCluster} starts nodes by the line that {@code ./mailraft start}
 * uses, and kills, freezes and restarts them; a {@link io.mailraft.ops.chaos.NodePlace} says what
 * machine a node finds itself on, such as those of {@link io.mailraft.ops.faults}. {@link
 * io.mailraft.ops.chaos.LoadClient} hands in mail over many sessions and writes down every answer.
 * {@link io.mailraft.ops.chaos.Ledger} compares those answers with what a sink received. The demo
 * and the process-level tests are made of these. {@link io.mailraft.ops.chaos.Training} makes the
 * ahead-of-time cache by which nodes start fast, of a build and of a run of tests.
 *
 * <h2>Invariants</h2>
 *
 * A message counts as accepted from the moment at which its 250 was read, never before. A double is
 * excused only by a submission whose answer was lost, or by a fault of the node, or of the shard's
 * leader, around the arrival of the earlier copy (I6). Every check of the ledger has a test that
 * plants its fault.
 *
 * <h2>Threads</h2>
 *
 * One virtual thread for each session of a load client, one for each node's standard output. The
 * ledger may be used from all of them.
 *
 * <h2>Failure</h2>
 *
 * Every wait has a bound and says what it waited for. Closing a cluster ends its processes with
 * SIGKILL, by process id; a shutdown hook does the same where nobody closed it.
 *
 * <h2>Security</h2>
 *
 * Everything is on 127.0.0.1, or in the network namespaces that nodes are placed in, where nodes
 * know each other by certificates made for the run. Files are made in a directory that only this
 * user may read.
 *
 * <h2>Known limits</h2>
 *
 * If this JVM itself ends by SIGKILL its nodes go on running. A port is chosen a moment before a
 * node binds it, so another program can take it in between.
 */
@NullMarked
package io.mailraft.ops.chaos;

import org.jspecify.annotations.NullMarked;
