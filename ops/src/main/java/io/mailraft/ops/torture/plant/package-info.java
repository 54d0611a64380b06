/**
 * Bugs that are planted in nodes, to see that the checks of the torture catch them.
 *
 * <h2>Purpose</h2>
 *
 * A check that has never failed proves nothing. {@link io.mailraft.ops.torture.plant.PlantAgent}, a
 * Java agent, rewrites a method of a node as its JVM loads it, so that the product has no line of
 * code for it.
 *
 * <p>What brings each to light, and the check that is meant for it, stands in {@code Provocation}.
 *
 * <h2>Invariants</h2>
 *
 * A plant that does not fit the code any more ends the process, loudly; a run in which no node says
 * that it carries the plant has a finding.
 *
 * <h2>Threads</h2>
 *
 * Classes are rewritten on the thread that loads them.
 *
 * <h2>Failure</h2>
 *
 * Exit 99: the plant does not fit. Exit 98: the plant {@code end-by-itself} did what it is for.
 *
 * <h2>Security</h2>
 *
 * The agent is loaded only where a JVM option names it.
 *
 * <h2>Known limits</h2>
 *
 * A plant changes all methods of one name in one class. {@code double-vote} shows only where two
 * candidates reach one voter within milliseconds, so its plan tries that several times over. {@code
 * ignore-lease} shows only where more deliveries come late than a run excuses, so the sink of its
 * plan keeps many of them waiting for its go-ahead. {@code no-fsync} leaves nodes that refuse their
 * files after a power cut, rather than ones that go on without what they acknowledged: what was
 * accepted is lost either way.
 */
@NullMarked
package io.mailraft.ops.torture.plant;

import org.jspecify.annotations.NullMarked;
