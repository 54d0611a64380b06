/**
 * The HTTP and gRPC listeners of a node.
 *
 * <h2>Purpose</h2>
 *
 * {@link io.mailraft.node.http.HttpDoors} opens the HTTP listener ({@code HttpListener}) and the
 * admin listener ({@code AdminListener}), both by Armeria. The first serves {@code /healthz},
 * {@code /readyz} and {@code /metrics} itself, and whatever else is registered with it: the calls
 * of {@link io.mailraft.node.http.HttpApi}, which are those of {@link io.mailraft.node.http.seed}
 * and {@link io.mailraft.node.http.v1} and what they share. {@code JsonErrors} gives the server's
 * own errors the form of all others.
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
 * listener stays on loopback, and speaks gRPC by HTTP/2 alone, which no page in a browser can. On
 * loopback both want to be called by a name of this machine ({@code OwnHost}). Where accounts are
 * required, every call but {@code /healthz} and {@code /readyz} is for them: by Basic or Bearer,
 * under TLS unless the listener allows otherwise; {@code /metrics} and the reasons of {@code
 * /readyz} are for an allow list too. Who a client is, a proxy says only where the settings name
 * that. Connections are bounded; a body's size and time are watched by whoever reads it. What
 * requests keep of JSON, header sections and recipients is bounded for each, and in sum by {@link
 * io.mailraft.node.heap}.
 *
 * <h2>Known limits</h2>
 *
 * The listener speaks HTTPS or HTTP, not both.
 */
@NullMarked
package io.mailraft.node.http;

import org.jspecify.annotations.NullMarked;
