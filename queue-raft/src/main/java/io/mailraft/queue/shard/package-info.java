/**
 * A queue shard: its state machine, and what its leader decides.
 *
 * <h2>Purpose</h2>
 *
 * {@code ShardFold} folds records into rows: {@code Messages} for uploads, messages and remembered
 * ids, {@code Deliveries} for the states of deliveries, {@code Counters} for exact numbers, {@code
 * Timelines} for what happened. {@code Trimmer} says what of that is kept no longer. {@code
 * ShardHistory} reads it. {@code ShardLeader} proposes: claims chosen by {@code Picker}, releases
 * of what is due, fences, and the collection of what is over. {@code Rows} lists the tables. {@code
 * ShardRows} reads them for whoever looks at the queue.
 *
 * <h2>Invariants</h2>
 *
 * I2: a delivery ends once, a message with its last delivery. I3: a message's record is refused
 * unless all its chunks are there, and nothing points to chunks before. I4: a claim needs the
 * queued row and removes it, under the newest lease epoch of its node alone. I8: apply reads the
 * batch and its own memory, nothing else. I9: memory holds counters, claims and cursors, never
 * deliveries, but for a bounded number that nodes have given back for others ({@code Redirects}).
 *
 * <h2>Threads</h2>
 *
 * Apply and events run on the group's apply thread. The picker plans on a thread of its own, and
 * foresees claims on the one that makes an entry; rounds, sweeps and fences run on virtual ones.
 * Nodes are attached on the shard's own thread, one after the other. The fold's lock is taken
 * before the picker's, never the other way round. Who waits for the fold's lock may wait for a disk
 * that stalls, and holds the shard's monitor meanwhile: neither is taken on the apply thread of
 * another group, nor where leases are renewed. After a load a thread of {@code Ages} counts what
 * waits, from a frozen state, and ends with the count or with the database.
 *
 * <h2>Failure</h2>
 *
 * A record that contradicts the state stops the replica ({@code FoldException}); one that is merely
 * late or repeated is answered and changes nothing. A leader that is deposed ends its sessions;
 * what it proposed is applied or not. One that cannot start within a moment is started anew, until
 * it does or this node leads no more.
 *
 * <h2>Security</h2>
 *
 * {@code ProposalCheck} says which records a node may propose, and their form.
 *
 * <h2>Known limits</h2>
 *
 * Lanes of a zone take turns by deliveries, not by the time that these take. An end is kept for as
 * long as its timeline. Events of open messages count in bytes, but cannot be dropped.
 */
@NullMarked
package io.mailraft.queue.shard;

import org.jspecify.annotations.NullMarked;
