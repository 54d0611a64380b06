package io.mailraft.queue;

import io.mailraft.api.log.Envelope;
import java.util.OptionalLong;

/**
 * What the queue knows of a message, open or ended.
 *
 * @param id its id
 * @param envelope what its deliveries share; of an ended message without what only delivering needs
 * @param contentBytes size of header section and body together, in bytes
 * @param recipients number of its deliveries
 * @param endedMillis when its last delivery ended; empty while one is open
 */
public record KeptMessage(
    MessageId id, Envelope envelope, long contentBytes, int recipients, OptionalLong endedMillis) {}
