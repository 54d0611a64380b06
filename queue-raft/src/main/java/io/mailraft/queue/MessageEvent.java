package io.mailraft.queue;

import io.mailraft.api.stored.StoredEvent;

/**
 * Something that happened to a message.
 *
 * @param message the message
 * @param place where it stands in the timeline, for the call that asks for what is behind it
 * @param recipient address of the delivery; empty where it is of the message as a whole
 * @param what what happened
 */
public record MessageEvent(KeptMessage message, String place, String recipient, StoredEvent what) {}
