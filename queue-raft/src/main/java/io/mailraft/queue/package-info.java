/**
 * The replicated queue as a node uses it.
 *
 * <h2>Purpose</h2>
 *
 * {@link io.mailraft.queue.Queue} takes mail ({@link io.mailraft.queue.Upload}), hands claims to
 * delivery and takes their outcomes, wherever the leaders of the Raft groups are. {@link
 * io.mailraft.queue.Documents} reads and replaces the cluster document. The packages below hold the
 * parts: {@code shard} and {@code control} are the two state machines with their leaders, {@code
 * raft} runs groups on Apache Ratis, {@code store} keeps their rows in RocksDB, {@code link} is the
 * stream between each two nodes.
 *
 * <pre>
 * front door -> Upload -> GroupClient -> (Link) -> leader's Group -> log -> ShardFold on every replica
 * delivery  <- ClaimIntake <- (Link) <- Picker of the shard's leader
 * delivery  -> OutcomeJournal, OutcomeReporter -> GroupClient -> (Link) -> leader's Group
 * </pre>
 *
 * <p>{@link io.mailraft.queue.Inspection} lists what is in the queue, and {@link
 * io.mailraft.queue.Orders} holds, resumes, cancels deliveries or has them sent now.
 *
 * <h2>Invariants</h2>
 *
 * A commit returns only after a majority has the message on disk (I1). Whatever travels through
 * {@link io.mailraft.queue.GroupClient} may be applied twice and is idempotent: messages and chunks
 * by id, outcomes by the log index of their claim, joins by incarnation, documents by token, orders
 * by the state that they lead to. A claim is known here until its outcome is confirmed, and the
 * leader takes back what is not known here.
 *
 * <h2>Threads</h2>
 *
 * Uploads block their callers, which are virtual threads. One virtual thread for each shard reads
 * claims, one reports outcomes; one runs the node's lease; one platform thread is the timer of
 * retries.
 *
 * <h2>Failure</h2>
 *
 * A lost leader delays: records are handed to the next one until the submit timeout. A replica that
 * cannot go on reports itself once, and the process ends with its files kept. An outcome survives
 * the process in the journal (I6).
 *
 * <h2>Security</h2>
 *
 * What other nodes propose is checked before it enters a log ({@link io.mailraft.queue.OwnDesk}).
 * Beyond loopback the Raft port asks for certificates both ways.
 *
 * <h2>Known limits</h2>
 *
 * Members are those of the config. Every node holds a replica of every group.
 */
@NullMarked
package io.mailraft.queue;

import org.jspecify.annotations.NullMarked;
