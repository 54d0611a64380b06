/**
 * The formats that nodes, logs, databases and clients share, as Protocol Buffers.
 *
 * <h2>Purpose</h2>
 *
 * {@code admin.proto} is the public admin API. {@code link.proto} holds the calls between nodes,
 * {@code log.proto} the records of the Raft logs, {@code stored.proto} the values in the databases.
 * The Java classes in the packages below this one are generated.
 *
 * <h2>Invariants</h2>
 *
 * A field number, once released, keeps its meaning for ever; what is no longer used is reserved.
 *
 * <h2>Threads</h2>
 *
 * Generated messages are immutable.
 *
 * <h2>Failure</h2>
 *
 * An unknown record kind in a log stops the replica that reads it (DESIGN §6).
 *
 * <h2>Security</h2>
 *
 * Messages from outside are bounded in size by whoever parses them.
 *
 * <h2>Known limits</h2>
 *
 * None.
 */
@NullMarked
package io.mailraft.api;

import org.jspecify.annotations.NullMarked;
