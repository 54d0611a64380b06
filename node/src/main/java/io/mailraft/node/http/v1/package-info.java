/**
 * The HTTP API below {@code /v1}: what applications send with.
 *
 * <h2>Purpose</h2>
 *
 * {@link io.mailraft.node.http.v1.V1Api} registers the calls: {@code MessagesCall} takes one
 * message, {@code BatchCall} many; {@code MessageIntake} is the way of each; {@link
 * io.mailraft.node.http.v1.Problem} is the form of all errors. {@code docs/send-api.md} has each
 * with an example, {@code openapi.json} the shapes.
 *
 * <h2>Invariants</h2>
 *
 * 202 follows the return of the message's commit (I1). A request with an Idempotency-Key makes one
 * message, on whatever nodes it is repeated within 24 hours, and each repeat is given the answer of
 * the first. What is merged into a template passes the same checks as what is written into a
 * message: no value becomes a header.
 *
 * <h2>Threads</h2>
 *
 * Each call runs on its request's virtual thread; the messages of a batch on a few of their own.
 *
 * <h2>Failure</h2>
 *
 * Whatever goes wrong is a problem document (RFC 9457). In a batch each message has a result of its
 * own.
 *
 * <h2>Security</h2>
 *
 * Keys are scoped to the account. Templates read no files, call nothing, see the data's own fields
 * and nothing else of it, and are bounded in size, depth, steps and output. A batch is spooled as
 * it comes, and so are its results: what it has in memory is counted before. The page at {@code
 * /docs} loads nothing from elsewhere and says so in its Content-Security-Policy.
 *
 * <h2>Known limits</h2>
 *
 * A key names its shard by the number of shards: while nodes are restarted with another one, a
 * request and its repeat within moments may both be stored.
 */
@NullMarked
package io.mailraft.node.http.v1;

import org.jspecify.annotations.NullMarked;
