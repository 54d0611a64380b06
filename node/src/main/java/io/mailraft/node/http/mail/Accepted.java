package io.mailraft.node.http.mail;

import io.mailraft.queue.MessageId;

/**
 * A message that a majority of nodes has.
 *
 * @param id its id
 * @param recipients number of its deliveries
 * @param bytes its size, in bytes
 */
public record Accepted(MessageId id, int recipients, long bytes) {}
