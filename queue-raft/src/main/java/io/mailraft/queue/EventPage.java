package io.mailraft.queue;

import java.util.List;
import java.util.Optional;

/**
 * A part of a message's timeline.
 *
 * @param events in their order
 * @param next where it goes on; empty at its end
 */
public record EventPage(List<MessageEvent> events, Optional<String> next) {
  public EventPage {
    events = List.copyOf(events);
  }
}
