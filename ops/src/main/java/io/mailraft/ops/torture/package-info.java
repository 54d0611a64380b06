/**
 * Torture: a cluster under mail, faults from a seed, and a checker that must find nothing.
 *
 * <h2>Purpose</h2>
 *
 * {@code torture/run} mixes faults as {@link io.mailraft.ops.torture.Plan} draws them from a seed,
 * on three or five nodes, with clients at all of them and a sink that fails, and then looks at
 * everything that {@link io.mailraft.ops.torture.Check} names.
 *
 * <h2>Invariants</h2>
 *
 * The plan and the mail are pure functions of the seed. Every node recovers after each round.
 *
 * <h2>Threads</h2>
 *
 * One virtual thread for each client session and each fault of a round.
 *
 * <h2>Failure</h2>
 *
 * What the cluster does wrong is a finding; a fault that could not be done or undone ends the run
 * with an exception.
 *
 * <h2>Security</h2>
 *
 * Everything is on loopback, or in namespaces of its own.
 *
 * <h2>Known limits</h2>
 *
 * The plan repeats, the interleaving does not.
 */
@NullMarked
package io.mailraft.ops.torture;

import org.jspecify.annotations.NullMarked;
