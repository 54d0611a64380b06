package io.mailraft.node.submit;

import io.mailraft.queue.MessageId;

/**
 * A message that a majority of nodes has.
 *
 * @param id its id
 * @param recipients number of its deliveries
 * @param bytes its size, in bytes
 * @param repeated whether it was there already: the request is a repeat
 */
public record Accepted(MessageId id, int recipients, long bytes, boolean repeated) {}
