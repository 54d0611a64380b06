package io.mailraft.delivery;

/**
 * What delivering needs to know of a message beside its body.
 *
 * @param sender reverse path without brackets; empty for the null sender
 * @param bodyBytes size of header and body as stored, in bytes
 * @param eightBit BODY=8BITMIME was declared
 * @param smtpUtf8 SMTPUTF8 was declared or is needed
 * @param helo what the client called itself
 * @param origin client's address
 * @param originHost client's name, or its address in brackets
 * @param protocol protocol of the submission, as in the "with" clause (RFC 3848)
 * @param user authenticated user; empty if none
 * @param tls TLS version and cipher of the submission; empty if none
 * @param bornNanos time at which its age was 0, see {@link System#nanoTime}
 */
public record MessageFacts(
    String sender,
    long bodyBytes,
    boolean eightBit,
    boolean smtpUtf8,
    String helo,
    String origin,
    String originHost,
    String protocol,
    String user,
    String tls,
    long bornNanos) {}
