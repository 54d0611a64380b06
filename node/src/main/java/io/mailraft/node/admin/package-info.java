/**
 * The gRPC admin API of a node.
 *
 * <h2>Purpose</h2>
 *
 * Answers operators: how the cluster stands ({@code Status}), whether all replicas hold the same
 * state ({@code VerifyState}), which zone a message would get ({@code Route}). Reads and replaces
 * the cluster document ({@code ApplyDocument}, {@code GetDocument}, {@code DocumentHistory}).
 *
 * <h2>Invariants</h2>
 *
 * Mail is changed by orders alone ({@code OrderMessage}, {@code OrderZone}). A document is checked
 * as a whole, and its zones against the mail that they hold, before it is proposed; it replaces the
 * version that its author saw, or none. {@code VerifyState} writes one checksum record to each
 * group's log. {@code Route} asks the router that the front doors have at that moment, and reads
 * headers with their reader.
 *
 * <h2>Threads</h2>
 *
 * Armeria calls on its event loops; what blocks runs on its blocking executor.
 *
 * <h2>Failure</h2>
 *
 * Trouble is answered as a gRPC status with a sentence, without a stack trace.
 *
 * <h2>Security</h2>
 *
 * Callers are not authenticated, so the listener is refused beyond loopback.
 *
 * <h2>Known limits</h2>
 *
 * {@code VerifyState} reads the whole state of every replica. {@code Route} answers for the zones
 * that this node has taken over, which may be a moment behind. Mail that comes in for a zone in the
 * moment in which it goes is counted by nobody: without an order it waits until the zone is there
 * again, or the next document says where it goes.
 */
@NullMarked
package io.mailraft.node.admin;

import org.jspecify.annotations.NullMarked;
