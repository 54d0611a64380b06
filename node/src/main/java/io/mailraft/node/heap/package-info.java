/**
 * The heap that mail on its way in may take, beside its content.
 *
 * <h2>Purpose</h2>
 *
 * Content is written to the queue as it comes, but a header section, a list of recipients and the
 * fields of a JSON document are held until they are whole. Each of them has its own limit; {@link
 * io.mailraft.node.heap.HeapBudget} bounds what all of them have together, so that many clients
 * with much in hand are asked to come again instead of ending the node.
 *
 * <h2>Invariants</h2>
 *
 * What all shares hold beyond the first {@value io.mailraft.node.heap.HeapBudget#FREE_BYTES} bytes
 * of each is within the budget (I9). Nobody waits for it, so nobody can wait in a circle.
 *
 * <h2>Threads</h2>
 *
 * The budget is for any thread, a share for one at a time.
 *
 * <h2>Failure</h2>
 *
 * Where there is no room the client is told so, as a temporary error: 451 4.3.2, or 503. What could
 * never have room is too large.
 *
 * <h2>Security</h2>
 *
 * A client may hold half of the budget. Two that hold much for long keep others from holding much;
 * usual mail needs no more than what is free for each.
 *
 * <h2>Known limits</h2>
 *
 * What an object takes is reckoned, not measured.
 */
@NullMarked
package io.mailraft.node.heap;

import org.jspecify.annotations.NullMarked;
