/**
 * Rates that hold for the whole cluster: slots on a clock that the control leader keeps.
 *
 * <h2>Purpose</h2>
 *
 * {@code SlotTable} is the part of the control group's state that knows which slot of a counter is
 * next. {@code SendDesk} is the leader's: it answers questions of nodes by proposing which slots
 * they get. {@code SendBook} is a node's: it asks, and says how many sends may start now. {@code
 * docs/throttles.md} has the reasoning.
 *
 * <h2>Invariants</h2>
 *
 * I7: a slot is given once, used once, not before its time and not later than its lateness. So any
 * window of W seconds sees at most rate x W + burst sends. {@code ThrottleClock} never counts more
 * time than has passed, through changes of the leader too.
 *
 * <h2>Threads</h2>
 *
 * The table changes on the apply thread of the control group. The desk decides on the queue's
 * timer. A book has a thread of its own, which wakes those who wait; taking sends holds its lock
 * for microseconds.
 *
 * <h2>Failure</h2>
 *
 * A question that is lost is asked again after a second. What a node that dies was given is lost,
 * about a second's worth. Without a leader nobody is given anything, and what was given lasts for
 * its second.
 *
 * <h2>Security</h2>
 *
 * Questions come from nodes of the cluster alone. A counter that the cluster document does not know
 * of is given nothing.
 *
 * <h2>Known limits</h2>
 *
 * Slots that are not used in time are lost, they are not given back. Two counters at once are asked
 * for one by one: where both are scarce and their slots last for a moment only, some pass unused.
 */
@NullMarked
package io.mailraft.queue.throttle;

import org.jspecify.annotations.NullMarked;
