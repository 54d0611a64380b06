/**
 * The control group: which nodes there are, who holds a lease, the cluster document, and which
 * zones are suspended.
 *
 * <h2>Purpose</h2>
 *
 * {@code ControlFold} is the state machine, {@code DocumentFold} the part of it that keeps the
 * cluster document and its past versions, {@code SuspensionFold} that which keeps suspended zones,
 * {@code LeaseKeeper} the leader's clock over leases. {@code Assignments} computes from all that
 * who serves which zone, {@code Handoff} when a node may have more of it, and {@code DutyKeeper}
 * tells this node what is its to do.
 *
 * <h2>Invariants</h2>
 *
 * A node's number is never given to another. Epochs are log indexes, so they only grow. A lease
 * lapses a full term after its last renewal at the earliest, by the leader's monotonic clock (I5).
 * A document replaces the version that its author saw and no other; what it says is checked before
 * it is proposed, never here. Parts of a limit never add up to more than the limit, while they
 * change too: a node takes what another one has given up, once that one has said so or is dead. How
 * many versions are kept, and where the mail of a zone that is gone goes, are decisions that the
 * record carries.
 *
 * <h2>Threads</h2>
 *
 * Apply on the group's apply thread; listeners are called there and must not block. The keeper has
 * one timer thread; a node follows what is agreed on with another, which may read a large document.
 *
 * <h2>Failure</h2>
 *
 * A new leader gives every live lease a full term, since it cannot know when it was renewed last.
 *
 * <h2>Security</h2>
 *
 * Lapses are proposed by the leader alone; nodes join, renew, set the document, and suspend and
 * resume zones.
 *
 * <h2>Known limits</h2>
 *
 * Nodes that own the same address share its weight and its limits evenly. A node that is alive but
 * does not obey holds up those who are to have more, until its lease lapses.
 */
@NullMarked
package io.mailraft.queue.control;

import org.jspecify.annotations.NullMarked;
