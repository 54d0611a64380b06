/**
 * The way out: claims in, SMTP to the remote site, exactly one outcome for each.
 *
 * <h2>Purpose</h2>
 *
 * {@link io.mailraft.delivery.DeliveryEngine} takes {@link io.mailraft.delivery.Claim}s, finds the
 * route of each (the zone's fixed next hop, or MX lookup as RFC 5321 5.1 has it), groups recipients
 * of one message at one site into transactions, and speaks SMTP over connections that it keeps and
 * reuses. What it needs of the rest of the node it states as interfaces: {@link
 * io.mailraft.delivery.Bodies}, {@link io.mailraft.delivery.Lease}, {@link
 * io.mailraft.delivery.Outcomes}.
 *
 * <p>The way of a claim: {@code DeliveryEngine.offer}, {@code ZoneDispatch} (waits at its {@code
 * Site}), {@code Dial} and {@code Hello} (if a connection must be opened), {@code Transaction},
 * {@code Endings}.
 *
 * <h2>Invariants</h2>
 *
 * <ul>
 *   <li>Each claim that was offered has exactly one outcome, through stop and close, too. A second
 *       one is refused and logged as an error.
 *   <li>I5: the lease is asked before each connection, before MAIL and before the final dot, which
 *       is written once all before it has left the process. Without it the dot is not written and
 *       the claim is returned.
 *   <li>I6: {@code Delivered} is reported before anything else happens with the remote's 250. A
 *       final dot without an answer is deferred as "in doubt", never delivered and never bounced.
 *   <li>I9: of a message at most two chunks are read ahead of the socket, and reading pauses while
 *       the socket takes no more.
 *   <li>A zone has at most as many connections as it is allowed, those being opened and those
 *       taking leave included, and those of an earlier zone of its name that was removed.
 * </ul>
 *
 * <h2>Threads</h2>
 *
 * A connection lives on one event loop, and so do its phases. A zone's queues are guarded by one
 * lock, taken once or twice per transaction, under which nothing blocks. Bodies are read on virtual
 * threads. Outcomes are reported from event loops, or from the caller of {@code offer} or {@code
 * zones}, never under a lock.
 *
 * <h2>Failure</h2>
 *
 * 4yz defers and 5yz bounces. Network trouble defers, after the site's other hosts and addresses
 * were tried, with 4.4.1 (no connection), 4.4.2 (connection lost, time over), 4.4.3 (name servers),
 * 4.5.0 (not SMTP). A host that cannot be reached or leaves a command unanswered is not connected
 * to for a minute, and the site's waiting claims are deferred with the same reply unless another
 * connection of the site works. Where the hosts have no address any more, a site goes on with the
 * connections that it has. Where this node can open no socket, what waits waits for one, or goes
 * back after half a minute. Recipients beyond those that a host takes at a time are sent in the
 * transactions that follow. 421 or a hang-up in answer to the first command of a reused connection
 * only means that the host had closed it: the claim starts over. Content that cannot be read, or
 * not of the size that the envelope says, is never sent in part: the claim is returned.
 *
 * <h2>Security</h2>
 *
 * What remotes say is bounded in line length, lines and time, kept as printable text of at most 2
 * KiB, and never used beyond its code and the extensions. Paths with control characters never
 * become commands. Domains cannot lead to loopback, unspecified or multicast addresses, unless
 * {@code loopbackMx} is set for a test. TLS is opportunistic and trusts everybody; plaintext after
 * STARTTLS is refused.
 *
 * <h2>Known limits</h2>
 *
 * No DKIM, no DANE or MTA-STS. 8-bit content goes to hosts without 8BITMIME as it is. A site whose
 * greeting is 5yz on all hosts bounces what waits for it. Where more sites have sends of a slow
 * rate at the same moment than the zone has connections or the machine time for, some of those pass
 * unused.
 */
@NullMarked
package io.mailraft.delivery;

import org.jspecify.annotations.NullMarked;
