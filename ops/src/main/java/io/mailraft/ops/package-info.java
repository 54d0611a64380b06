/**
 * The commands with which people operate a cluster.
 *
 * <h2>Purpose</h2>
 *
 * {@link io.mailraft.ops.Main} is what {@code ./mailraft} runs for everything but {@code start}:
 * {@code status}, {@code route} and {@code verify-state} ask a node over gRPC, {@code config} reads
 * and replaces the cluster document through one, {@code demo} shows a cluster on this machine that
 * survives the death of its leader.
 *
 * <h2>Invariants</h2>
 *
 * A command ends with 0 only when what it was asked to show is so, or to do is done; 1 when it is
 * not, 2 for a wrong command line or a document that cannot be used, 3 when the node cannot be
 * reached. JSON goes to stdout alone, so that a pipe never reads anything else.
 *
 * <h2>Threads</h2>
 *
 * One thread for each command; {@code demo} uses those of {@code io.mailraft.ops.chaos}.
 *
 * <h2>Failure</h2>
 *
 * A node that cannot be reached is one line on stderr that names its address. {@code demo} ends the
 * processes that it started and removes its files however it ends, short of SIGKILL.
 *
 * <h2>Security</h2>
 *
 * Commands talk to a node without encryption or authentication; nodes therefore offer the admin
 * port on loopback alone. What a node tells is printed without control characters.
 *
 * <h2>Known limits</h2>
 *
 * {@code start} is not here: the script runs the node's own program.
 */
@NullMarked
package io.mailraft.ops;

import org.jspecify.annotations.NullMarked;
