/**
 * Quotas that hold for the whole cluster: units of windows, given to nodes by the control leader.
 *
 * <h2>Purpose</h2>
 *
 * {@code QuotaTable} is the part of the control group's state that knows which part of a counter's
 * window which node has. {@code QuotaDesk} is the leader's: it answers questions of nodes by
 * proposing new parts. {@code QuotaBook} is a node's: it takes units for messages, asks for more,
 * and gives back what nobody uses. {@code docs/quotas.md} has the reasoning.
 *
 * <h2>Invariants</h2>
 *
 * The parts of one window, with those that were lost, are never more than its limit. What a node
 * has used of a window is never more than its part: it lowers its own idea of the part before it
 * says that it gives something back, and raises it only once the grant is committed. A node's
 * question with a number that was answered already changes nothing.
 *
 * <h2>Threads</h2>
 *
 * The table changes on the apply thread of the control group. The desk decides on the queue's
 * timer. A book has a thread of its own, which asks; taking units holds its lock for microseconds,
 * and waits, where it must, on the caller's virtual thread.
 *
 * <h2>Failure</h2>
 *
 * A question that is lost is asked again after a second. What a node that dies had is lost for the
 * window. Without a leader nothing is given, and a message for which the node has no units waits
 * until its time is over.
 *
 * <h2>Security</h2>
 *
 * Questions come from nodes of the cluster alone, and a node is believed about what it keeps only
 * as far as it had it. Sender domains are chosen by senders: a quota for each of them by {@code
 * default} makes a counter for each, up to 200,000 at a time.
 *
 * <h2>Known limits</h2>
 *
 * Windows begin at fixed times, so twice the limit can pass within one window's length across a
 * border. A limit that is lowered binds what is given from then on; what nodes hold, about a
 * second's worth, may still be used.
 */
@NullMarked
package io.mailraft.queue.quota;

import org.jspecify.annotations.NullMarked;
