package io.mailraft.queue;

import io.mailraft.api.log.Envelope;

/**
 * What the queue knows of a message that has open deliveries.
 *
 * @param id its id
 * @param envelope what its deliveries share
 * @param contentBytes size of header section and body together, in bytes
 * @param recipients number of its deliveries, ended ones too
 */
public record OpenMessage(MessageId id, Envelope envelope, long contentBytes, int recipients) {}
