/**
 * What became of messages, by HTTP: their state, their timelines, a search, the stream of events.
 *
 * <h2>Purpose</h2>
 *
 * {@link io.mailraft.node.http.v1.history.HistoryApi} registers the calls; {@code MessageCalls}
 * answers those for messages, {@code StreamCall} the stream.
 *
 * <h2>Invariants</h2>
 *
 * Every node answers for the whole cluster from its own replicas. A stream that is resumed by id,
 * on whatever node, misses nothing and repeats nothing, as long as the events are kept; where they
 * are not, it says so with an event named gap.
 *
 * <h2>Threads</h2>
 *
 * Each call, a stream too, runs on its request's virtual thread.
 *
 * <h2>Failure</h2>
 *
 * A stream whose client takes nothing for the listener's stall time is broken off. When the node
 * stops, streams end first.
 *
 * <h2>Security</h2>
 *
 * Whoever may call sees all mail. Content is not shown.
 *
 * <h2>Known limits</h2>
 *
 * At most 100 streams at a time. A node that is behind shows what it has applied.
 */
@NullMarked
package io.mailraft.node.http.v1.history;

import org.jspecify.annotations.NullMarked;
