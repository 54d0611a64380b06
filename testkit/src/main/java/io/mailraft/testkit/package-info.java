/**
 * Real peers for tests and for the demo: an SMTP server that takes mail or misbehaves on request,
 * and a DNS server.
 *
 * <h2>Purpose</h2>
 *
 * {@link io.mailraft.testkit.SmtpSink} is the far end of a delivery: fast, and obedient to a {@link
 * io.mailraft.testkit.Script} that can refuse, stall, trickle, flood or break off at every stage.
 * {@link io.mailraft.testkit.DnsFixture} answers for the zones that a test makes up. Both listen on
 * loopback, on a port that the system picks. {@link io.mailraft.testkit.PeerCertificate} is what
 * the nodes of a test's cluster know each other by.
 *
 * <h2>Invariants</h2>
 *
 * A message that is answered with 250 at the final dot was handed to the options' callback before.
 * A message that the script refuses never is.
 *
 * <h2>Threads</h2>
 *
 * One virtual thread for each listener and for each connection. The script and the callback run on
 * the connection's thread, at the same time for different connections; they may block, and so hold
 * up that connection alone.
 *
 * <h2>Failure</h2>
 *
 * A lost connection ends its session silently, as peers do. A callback or script that throws ends
 * the session without a reply, and the error is logged.
 *
 * <h2>Security</h2>
 *
 * For loopback only: no limits on message size or number of clients, and the certificate for
 * STARTTLS is nobody's. Command lines are bounded.
 *
 * <h2>Known limits</h2>
 *
 * No AUTH, no CHUNKING. The DNS server knows no zone cuts, no wildcards and no DNSSEC. Content is
 * split by CRLF alone; a bare LF is content.
 */
@NullMarked
package io.mailraft.testkit;

import org.jspecify.annotations.NullMarked;
