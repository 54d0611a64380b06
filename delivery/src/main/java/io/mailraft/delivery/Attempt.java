package io.mailraft.delivery;

/**
 * What an attempt found on its connection, and the time that its parts took, in milliseconds. A
 * part that was not come to took none.
 *
 * @param tlsVersion as the protocol names it; empty in clear
 * @param tlsCipher empty in clear
 * @param reused whether the connection had carried mail before; its first three parts belong to
 *     that
 * @param connectMillis the opening of the socket
 * @param greetingMillis greeting, EHLO and STARTTLS, without the handshake
 * @param tlsMillis handshake
 * @param envelopeMillis MAIL to the reply to DATA
 * @param contentMillis content, up to the final dot
 * @param replyMillis from the final dot to the reply to it
 */
public record Attempt(
    String tlsVersion,
    String tlsCipher,
    boolean reused,
    int connectMillis,
    int greetingMillis,
    int tlsMillis,
    int envelopeMillis,
    int contentMillis,
    int replyMillis) {}
