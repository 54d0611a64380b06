/**
 * The choice of a sending zone for each recipient, as pure functions.
 *
 * <h2>Purpose</h2>
 *
 * {@link io.mailraft.router.Router} turns a message's header section, its envelope sender and a
 * recipient into the name of a zone. {@link io.mailraft.router.Addresses} gives a recipient's
 * domain the one spelling under which it is queued.
 *
 * <h2>Invariants</h2>
 *
 * Every recipient gets a zone that exists. Nothing here does I/O, reads a clock or keeps state, so
 * an answer depends on the arguments alone. {@code Addresses.domain} applied to its own result
 * gives it back.
 *
 * <h2>Threads</h2>
 *
 * A router is immutable; any number of threads may ask it. A change of the zones makes another
 * router.
 *
 * <h2>Failure</h2>
 *
 * No input raises an exception. What cannot be a domain is empty, and the caller refuses it.
 *
 * <h2>Security</h2>
 *
 * Input comes from strangers. Work is bounded by the address, 253 characters of domain at most. A
 * sender can choose any zone by X-Sending-Zone: whoever may hand in mail is trusted that far.
 *
 * <h2>Known limits</h2>
 *
 * Labels with joiners or other characters that need RFC 5892's contextual rules are refused, and
 * the Bidi rule (RFC 5893) is not checked; an A-label that comes as such is not decoded. Rules
 * other than X-Sending-Zone do not exist yet; each is to be one more {@code Rule} in the router's
 * list.
 */
@NullMarked
package io.mailraft.router;

import org.jspecify.annotations.NullMarked;
