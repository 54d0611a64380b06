/**
 * The client of a node's admin API.
 *
 * <h2>Purpose</h2>
 *
 * {@link io.mailraft.ops.admin.AdminClient} turns the calls of {@code admin.proto} into methods
 * with a bound on their time, for the commands and for the chaos kit.
 *
 * <h2>Invariants</h2>
 *
 * Every call ends within the time that it was given.
 *
 * <h2>Threads</h2>
 *
 * A client may be used from several threads; calls block.
 *
 * <h2>Failure</h2>
 *
 * Whatever keeps a call from being answered is an {@link
 * io.mailraft.ops.admin.UnreachableException} whose message names the address. What the node
 * refuses is a {@link io.mailraft.ops.admin.RefusedException} with the node's words.
 *
 * <h2>Security</h2>
 *
 * Plain text: meant for loopback, where the admin port listens. Replies are bounded in size.
 *
 * <h2>Known limits</h2>
 *
 * One node for each client; nothing is tried elsewhere.
 */
@NullMarked
package io.mailraft.ops.admin;

import org.jspecify.annotations.NullMarked;
