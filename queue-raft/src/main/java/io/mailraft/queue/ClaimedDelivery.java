package io.mailraft.queue;

import io.mailraft.api.log.Others;
import io.mailraft.api.stored.StoredDelivery;
import io.mailraft.api.stored.StoredMessage;

/**
 * A delivery that was handed to this node.
 *
 * @param id its message
 * @param seq number of its recipient, from 1
 * @param epoch lease epoch under which it is claimed
 * @param message the message's facts
 * @param delivery the delivery's own
 * @param ageMillis since when its message is to be delivered, in milliseconds of its shard's time,
 *     which no step of a wall clock sets back: a message that one node accepts and another tries
 *     has one age, whatever their clocks show
 * @param others which other nodes may have it if this one gives it back
 */
public record ClaimedDelivery(
    MessageId id,
    int seq,
    long epoch,
    StoredMessage message,
    StoredDelivery delivery,
    long ageMillis,
    Others others) {}
