package io.mailraft.queue.control;

/**
 * An operator's order that nobody delivers for a zone.
 *
 * @param author who gave it
 * @param reason why
 * @param stampMillis when, Unix milliseconds
 */
public record Suspension(String author, String reason, long stampMillis) {}
