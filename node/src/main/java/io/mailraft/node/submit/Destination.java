package io.mailraft.node.submit;

/**
 * Where one delivery goes.
 *
 * @param address the recipient's address
 * @param domain its domain in the form that the queue sorts by
 */
public record Destination(String address, String domain) {}
