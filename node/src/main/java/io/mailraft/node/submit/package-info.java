/**
 * The way of a message from a front door into the queue, the same for all doors.
 *
 * <h2>Purpose</h2>
 *
 * {@link io.mailraft.node.submit.IncomingMessage} takes the content of one message as it streams
 * by, and submits it: routes its recipients, counts it in its quotas and commits it. {@link
 * io.mailraft.node.submit.Entrance} is what all messages of a listener share. A door brings who
 * hands the message in ({@link io.mailraft.node.submit.Submitter}), whom it is from and to ({@link
 * io.mailraft.node.submit.ClientEnvelope}) and what else is wanted of it ({@link
 * io.mailraft.node.submit.Terms}), and tells its client how it ended.
 *
 * <h2>Invariants</h2>
 *
 * {@code submit} returns after {@link io.mailraft.queue.Upload#commit} (I1). A message that is
 * closed without being submitted leaves nothing visible (I3). Memory does not grow with the message
 * (I9). A message is counted in its quotas once, right before its commit, and not where it is known
 * that it was not stored; of requests with one key, one at a time on each node ({@code
 * RequestTurns}).
 *
 * <h2>Threads</h2>
 *
 * A message belongs to one thread, which waits where the queue makes it wait. An entrance is shared
 * by all.
 *
 * <h2>Failure</h2>
 *
 * What is wrong with the content is a {@link io.mailraft.node.submit.ContentException}; what is
 * wrong with the queue is thrown as it comes. The door finds the words for its client.
 *
 * <h2>Security</h2>
 *
 * Size, header section and Received fields are bounded. X-Sending-Zone is taken out, and honoured
 * only of a submitter who is trusted. Zones that were passed over are logged by names that the
 * router has shortened and cleared of control characters, and only a few of them.
 *
 * <h2>Known limits</h2>
 *
 * A repeat of a request that comes to another node, while its first is counted but not handed to
 * the shard's leader yet, is counted too, and refused where the quota has no room for both.
 */
@NullMarked
package io.mailraft.node.submit;

import org.jspecify.annotations.NullMarked;
