/**
 * The HTTP and gRPC listeners of a node.
 *
 * <h2>Purpose</h2>
 *
 * Serves {@code /healthz}, {@code /readyz} and {@code /metrics} on the HTTP listener and the admin
 * API on its own, both by Armeria.
 *
 * <h2>Invariants</h2>
 *
 * {@code /readyz} says 200 only while mail can be accepted: joined, a leader known for every group,
 * disk not full.
 *
 * <h2>Threads</h2>
 *
 * Armeria's event loops; calls that block run on virtual threads.
 *
 * <h2>Failure</h2>
 *
 * A port that cannot be bound ends the start with a message that names it.
 *
 * <h2>Security</h2>
 *
 * Beyond loopback the HTTP listener serves its allow list or known accounts alone; the admin
 * listener stays on loopback. Where accounts are known, every call but {@code /healthz}, {@code
 * /readyz} and {@code /metrics} is for them: by Basic or Bearer, under TLS unless the listener
 * allows otherwise.
 *
 * <h2>Known limits</h2>
 *
 * The listener speaks HTTPS or HTTP, not both.
 */
@NullMarked
package io.mailraft.node.http;

import org.jspecify.annotations.NullMarked;
