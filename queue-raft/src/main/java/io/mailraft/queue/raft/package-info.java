/**
 * The Raft groups of a node: logs, elections, group commit, snapshots, on Apache Ratis.
 *
 * <h2>Purpose</h2>
 *
 * {@link io.mailraft.queue.raft.RaftHost} runs one server with several groups behind one port. A
 * group folds its log with a {@link io.mailraft.queue.raft.Fold} into a {@link
 * io.mailraft.queue.store.Store}; its users see a {@link io.mailraft.queue.raft.Group}. Nothing of
 * Ratis is seen outside, but for the builder by which further gRPC services are added to the port.
 * {@link io.mailraft.queue.raft.GatheredDecisions} is a leader that answers questions by deciding.
 *
 * <h2>Invariants</h2>
 *
 * A proposal is answered only once its entry is on disk on a majority and applied here (I1).
 * Entries are applied in order, one batch each, which carries the applied position with it (I8).
 * Records of one caller keep their order. A log entry is dropped only once a snapshot that contains
 * it is on disk. Ratis' settings that could lose what was acknowledged are refused, wherever they
 * come from. A storage that another node would refuse does not vote while that node is up ({@code
 * Admission}), and a vote is on disk before anybody hears of it ({@code VoteFile}). A follower
 * takes as committed only what it knows to be the leader's ({@code RaftPort}). Whoever has all
 * entries that are committed can be elected by any majority: also by members whose log is empty
 * ({@code RaftPort}), at once when they are back ({@code PeerChannels}), and whatever became of the
 * last leader's requests ({@code StuckFollower}).
 *
 * <h2>Threads</h2>
 *
 * For each group: Ratis' updater thread applies, answers proposals, tells those who wait for an
 * index and takes snapshots; a future of this package completes on it, so what follows such a
 * future directly must be short. A thread of gRPC that brings entries waits while there is no heap
 * for them ({@code Backlog}). One thread makes entries of what waits. One, begun by the minute,
 * flushes and rewrites files of the database ({@code Reclaim}). One virtual thread tells who leads,
 * in order. A group's view can be read by any thread, also while an installed snapshot replaces the
 * database: readers wait then.
 *
 * <h2>Failure</h2>
 *
 * A replica that cannot apply an entry, write its log or replace its database stops, fails all who
 * wait, takes no snapshot any more, keeps its files and tells {@link
 * io.mailraft.queue.raft.RaftHost#onBroken}. Ratis is kept from ending the process itself. Lost
 * leadership ends every proposal with {@link io.mailraft.queue.raft.NotLeaderException}; whether
 * its record is applied is open then. What a crash can leave of a snapshot or of a replaced
 * database is mended at the next start ({@code GroupStorage}, {@code ReplicaDatabase}). Damage is
 * told from the torn end of a log and refused ({@code LogCheck}).
 *
 * <h2>Security</h2>
 *
 * The port is bound to the node's own address. With certificates both sides prove theirs against
 * one authority; any certificate of it is a node's. Without, whoever reaches the port is believed.
 * Ratis' own client and admin services are refused on it, so nobody can append entries or remove
 * groups from outside.
 *
 * <h2>Known limits</h2>
 *
 * A record has at most 8 MiB. While a snapshot is taken, its group applies nothing. Members come
 * from the configuration; an address that the log knows outlives a change there until members can
 * be changed at run time. A new cluster of three needs all of them once, one of five four. An older
 * copy of the same data directory, as a snapshot of a machine holds it, is not noticed. Where a
 * follower goes away while it is sent a snapshot, the leader notices after eight election timeouts
 * only. A crash while Ratis cuts a closed file of the log, which it renames afterwards, is taken
 * for damage.
 */
@NullMarked
package io.mailraft.queue.raft;

import org.jspecify.annotations.NullMarked;
