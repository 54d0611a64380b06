/**
 * The program of a node.
 *
 * <h2>Purpose</h2>
 *
 * {@code Main} reads the command line and the settings, {@code Node} puts queue, delivery and front
 * doors together, starts and stops them in order. {@code Handover} is where the words of the queue
 * meet those of delivery.
 *
 * <h2>Invariants</h2>
 *
 * One process uses a data directory at a time ({@code DataLock}). The ready line is printed once
 * mail is accepted, not before. Front doors open after the node has joined its cluster.
 *
 * <h2>Threads</h2>
 *
 * A start thread and the JVM's stop hook, and one virtual thread that reads new cluster documents,
 * in their order; everything else belongs to the parts.
 *
 * <h2>Failure</h2>
 *
 * Trouble that a part cannot live with ends the process with a message and an exit status; files
 * are kept. So does an error that ends a thread ({@code Uncaught}), and memory that runs out.
 * SIGTERM stops in order, in under ten seconds.
 *
 * <h2>Security</h2>
 *
 * The config refuses listeners beyond loopback that ask nobody who they are.
 *
 * <h2>Known limits</h2>
 *
 * Settings of a node are read once, at its start.
 */
@NullMarked
package io.mailraft.node;

import org.jspecify.annotations.NullMarked;
