/**
 * What operators watch: a node's metrics, beside those of delivery.
 *
 * <h2>Purpose</h2>
 *
 * {@code AcceptMeters} counts what comes in, whichever door it takes ({@code WatchedUploads}),
 * {@code QueueMeters} shows the queue by zone, {@code RaftMeters} each group, {@code MemoryMeters}
 * where memory goes. The page docs/metrics.md lists all of them.
 *
 * <h2>Invariants</h2>
 *
 * Labels are names of zones, listeners and groups, or words of our own: never a domain, address, id
 * or user, which anyone can make up. A zone that is not in the cluster document is shown as {@code
 * other}; the series of one that is taken out of it go.
 *
 * <h2>Threads</h2>
 *
 * Counting costs an addition on the thread that serves mail. Gauges are looked up by whoever
 * scrapes, a second or more apart ({@code Sample}), however often that is.
 *
 * <h2>Failure</h2>
 *
 * A metric that breaks is logged and changes nothing for mail.
 *
 * <h2>Security</h2>
 *
 * The page is served to whoever may use the HTTP listener: its accounts, where they are required
 * and no allow list says who may come. It tells names of zones and listeners.
 *
 * <h2>Known limits</h2>
 *
 * Counters begin at 0 with each process.
 */
@NullMarked
package io.mailraft.node.watch;

import org.jspecify.annotations.NullMarked;
