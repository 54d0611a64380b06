/**
 * Torture: a cluster under mail, faults from a seed, and checks that must find nothing.
 *
 * <h2>Purpose</h2>
 *
 * {@code torture/run} starts three or five nodes, hands in mail at all of them, and does rounds of
 * faults as {@link io.mailraft.ops.torture.Plan} draws them from a seed: a quiet time, one or two
 * faults, recovery. Every third quiet time is longer than any harm reaches. The sink fails too, as
 * {@code Fate} has it: refusals for good and for now, replies that do not come, connections that
 * break before or after the message is taken. At the end everything that {@link
 * io.mailraft.ops.torture.Check} names is looked at.
 *
 * <p>{@code --plant NAME} puts a bug into every node, see {@code io.mailraft.ops.torture.plant},
 * and the run must end with a finding. What is done then, if no seed, time or faults are given, is
 * {@link io.mailraft.ops.torture.Provocation}: a plan that brings this bug to light, and the check
 * that is meant for it. {@code PlantsTest} runs all of them; it takes minutes, so that it is left
 * out without {@code -Dmailraft.tests.excluded=}.
 *
 * <h2>Invariants</h2>
 *
 * The plan and the mail are pure functions of the seed, the number of nodes and shards, and the
 * faults. Within a round no node suffers two faults. Each delivery has one right end, which the
 * sink alone decides: taken, or refused for good. A further end is excused only by a submission in
 * doubt, by a reply that did not leave the sink, by harm of its node or of the path to the shard
 * around it (what only slows a node, or sets its clock, is none), or, a few per freeze, by an
 * attempt that passed its last look at the lease in the moment of the freeze. Every check of the
 * book has a test that plants its fault. A node that is not alive when it is to be struck, or that
 * ends otherwise than what is done to it lets it end, is a finding under every fault: killed nodes
 * with 137, stopped ones with 0, those whose disk is gone with 74.
 *
 * <p>What {@code wipe} and {@code corrupt} take from disks is never on a majority of the nodes at
 * once. Such a node is started, must be refused with the message that docs/durability.md promises,
 * and is mended by {@code mailraft node rejoin} once all others run.
 *
 * <h2>Threads</h2>
 *
 * One virtual thread for each client session, for each fault of a round, and for the watch over
 * terms and leases. Book and harms may be used from all of them.
 *
 * <h2>Failure</h2>
 *
 * What the cluster does wrong is a finding, the first of which ends the rounds; logs, settings and
 * Raft logs of the nodes are kept then, and their place is told. A fault that could not be done or
 * undone ends the run with an exception. Every wait has a bound.
 *
 * <h2>Security</h2>
 *
 * As root {@code torture/run} has namespaces of its own for processes, mounts and network, which
 * vanish with it; loop devices alone are shared with the machine. Without root it does the faults
 * that need none, and names the others.
 *
 * <h2>Known limits</h2>
 *
 * A seed repeats what is done and when, not how threads and packets interleave. Harm covers five
 * seconds before a fault, two where it ends the node at once, and four after the recovery from it,
 * so a double without a cause close to a fault is not seen: how much of the time that is, the
 * result says. Two faults of the network in one round end together. The very end of a log is not
 * damaged, since that is not told from a torn write; and what is damaged under a node that runs may
 * be gone by its next start, which is not a finding then.
 */
@NullMarked
package io.mailraft.ops.torture;

import org.jspecify.annotations.NullMarked;
