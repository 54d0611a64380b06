/**
 * The HTTP API of the seed, path by path as it prints them.
 *
 * <h2>Purpose</h2>
 *
 * {@link io.mailraft.node.http.seed.SeedApi} registers the calls: {@code SendCall} and {@code
 * SendRawCall} take mail, {@code CounterCalls}, {@code QueuedCall}, {@code MessageCall} and {@code
 * FetchCall} show what is in the queue, {@code OrderCalls} cancel a delivery or send it now. {@code
 * docs/http.md} has each with an example.
 *
 * <h2>Invariants</h2>
 *
 * 200 to a message follows the return of its commit (I1). Whatever else happens, nothing of it is
 * visible (I3). Any node answers for the whole cluster, from its own replicas.
 *
 * <h2>Threads</h2>
 *
 * Each call runs on its request's virtual thread.
 *
 * <h2>Failure</h2>
 *
 * See {@link io.mailraft.node.http.exchange.Calls}. Until the node accepts mail every call is
 * answered 503.
 *
 * <h2>Security</h2>
 *
 * Bodies must say their media type, one that a page in a browser cannot send elsewhere without
 * asking. Who may call is judged before ({@link io.mailraft.node.http.HttpDoors}).
 *
 * <h2>Known limits</h2>
 *
 * A list of deferred deliveries passes over those of other zones. A page is not a snapshot: between
 * two pages the queue goes on.
 */
@NullMarked
package io.mailraft.node.http.seed;

import org.jspecify.annotations.NullMarked;
