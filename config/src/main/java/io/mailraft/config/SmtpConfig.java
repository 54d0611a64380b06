package io.mailraft.config;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * One SMTP listener.
 *
 * @param name name in logs and metrics
 * @param listen address; beyond loopback only together with {@code allow} or {@code auth}
 * @param hostname name in the banner and in the EHLO answer
 * @param allow client networks that may connect; empty allows all, and is refused beyond loopback
 *     unless accounts are required
 * @param trustRouting whether the X-Sending-Zone header of a message that comes in here chooses its
 *     zone; by default where the listener is on loopback
 * @param maxMessageBytes largest message, in bytes
 * @param maxRecipients most recipients of one message; one more is answered 452 4.5.3
 * @param maxLineBytes longest line of a message without its CRLF, in bytes (RFC 5321 4.5.3.1.6 asks
 *     for at least 998)
 * @param maxHeaderBytes largest header section of a message, in bytes
 * @param maxReceivedHeaders most Received headers of a message; one more is a mail loop
 * @param maxConnections most open connections in all
 * @param maxConnectionsPerAddress most open connections of one client address
 * @param commandTimeout time for a whole command line, however it trickles in (RFC 5321 4.5.3.2.7);
 *     twelve times as long a session may go on without handing in a message
 * @param dataTimeout time for a whole DATA or BDAT content of one message
 * @param auth what clients are asked for
 * @param tls certificate and key; with them STARTTLS is offered
 * @param implicitTls whether TLS begins with the connection (RFC 8314 3.3)
 */
public record SmtpConfig(
    String name,
    HostPort listen,
    String hostname,
    List<Cidr> allow,
    boolean trustRouting,
    long maxMessageBytes,
    int maxRecipients,
    int maxLineBytes,
    int maxHeaderBytes,
    int maxReceivedHeaders,
    int maxConnections,
    int maxConnectionsPerAddress,
    Duration commandTimeout,
    Duration dataTimeout,
    ListenerAuth auth,
    Optional<PemFiles> tls,
    boolean implicitTls) {

  public SmtpConfig {
    allow = List.copyOf(allow);
  }
}
