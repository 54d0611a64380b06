/**
 * The choice of a sending zone for each recipient, as pure functions.
 *
 * <h2>Purpose</h2>
 *
 * {@link io.mailraft.router.Router} turns a message's header section, its envelope sender, its
 * client and a recipient into a {@link io.mailraft.router.Decision}: the zone, the rule that
 * decided, and the zones that were named and passed over. {@link io.mailraft.router.Addresses}
 * gives a recipient's domain the one spelling under which it is queued.
 *
 * <h2>Invariants</h2>
 *
 * Every recipient gets a zone that exists. Nothing here does I/O, reads a clock or keeps state, so
 * an answer depends on the arguments alone. The most specific entry wins, wherever it stands in the
 * document; where two headers match, the zone that stands first. {@code Addresses.domain} applied
 * to its own result gives it back.
 *
 * <h2>Threads</h2>
 *
 * A router does not change; any number of threads may ask it. A {@code Routing} belongs to one
 * thread. A change of the zones makes another router.
 *
 * <h2>Failure</h2>
 *
 * No input raises an exception. What cannot be a domain is empty, and the caller refuses it.
 *
 * <h2>Security</h2>
 *
 * Input comes from strangers. Work is bounded by the address, 253 characters of domain at most, and
 * by the zones' own entries, never by how many labels or headers a message has beyond those that
 * are read once. X-Sending-Zone counts where the submission is trusted; the headers of {@code
 * routingHeaders} and the From field can be written by whoever hands in mail. A name that a
 * stranger gave is shortened before it is repeated.
 *
 * <h2>Known limits</h2>
 *
 * Labels with joiners or other characters that need RFC 5892's contextual rules are refused, and
 * the Bidi rule (RFC 5893) is not checked; an A-label that comes as such is not decoded. Only the
 * first field of a name is compared, and only as a whole.
 */
@NullMarked
package io.mailraft.router;

import org.jspecify.annotations.NullMarked;
