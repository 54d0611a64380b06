/**
 * The stream between each two nodes.
 *
 * <h2>Purpose</h2>
 *
 * A node that does not lead a group hands its proposals to the one that does, and takes claims from
 * it, over one long-lived gRPC stream on the Raft port: {@code Link} calls, {@code LinkService}
 * answers, and {@code Desk} is what both mean.
 *
 * <h2>Invariants</h2>
 *
 * Claims arrive in the order in which they were handed out, and name the attachment that they
 * belong to, as does what is said of it later: a late frame of one is never taken for the next's. A
 * call whose stream broke may have been done or not; callers repeat it, and what they propose is
 * idempotent.
 *
 * <h2>Threads</h2>
 *
 * gRPC delivers the frames of a stream in order, one at a time. Answers are written by whoever
 * completes them, under the stream's lock.
 *
 * <h2>Failure</h2>
 *
 * A broken stream ends every call on it and every attachment, and the next call opens another.
 * Keep-alive finds a frozen peer within twelve seconds; where it led, the election of another
 * leader brings callers there sooner.
 *
 * <h2>Security</h2>
 *
 * Shares the Raft port's mutual TLS. The first frame names the cluster, and another cluster's is
 * refused.
 *
 * <h2>Known limits</h2>
 *
 * What waits to be written to a slow peer is bounded by the callers (upload memory, claims), not
 * here.
 */
@NullMarked
package io.mailraft.queue.link;

import org.jspecify.annotations.NullMarked;
