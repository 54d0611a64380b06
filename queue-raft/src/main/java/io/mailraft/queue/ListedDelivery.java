package io.mailraft.queue;

import io.mailraft.api.stored.StoredDelivery;

/**
 * A delivery as somebody who looks at the queue sees it.
 *
 * @param id its message
 * @param seq its number within the message, from 1
 * @param delivery its state
 * @param claimed whether a node has it in hand
 */
public record ListedDelivery(MessageId id, int seq, StoredDelivery delivery, boolean claimed) {}
