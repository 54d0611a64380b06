package io.mailraft.node.access;

/**
 * What the user's own application is told of a message; the names are those of its form fields.
 *
 * @param from reverse path without brackets; empty for the null sender
 * @param origin client's address
 * @param originhost client's name, or its address in brackets
 * @param transhost what the client called itself
 * @param transtype protocol, such as ESMTPSA or HTTP
 * @param user authenticated user; empty if none
 */
public record Handed(
    String from,
    String origin,
    String originhost,
    String transhost,
    String transtype,
    String user) {}
