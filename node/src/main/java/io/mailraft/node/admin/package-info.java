/**
 * The gRPC admin API of a node.
 *
 * <h2>Purpose</h2>
 *
 * Answers operators: how the cluster stands ({@code Status}), whether all replicas hold the same
 * state ({@code VerifyState}), and which zone a message would get ({@code Route}).
 *
 * <h2>Invariants</h2>
 *
 * Nothing here changes mail. {@code VerifyState} writes one checksum record to each group's log.
 * {@code Route} asks the router that the front doors have at that moment, and reads headers with
 * their reader.
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
 * that this node has taken over, which may be a moment behind.
 */
@NullMarked
package io.mailraft.node.admin;

import org.jspecify.annotations.NullMarked;
