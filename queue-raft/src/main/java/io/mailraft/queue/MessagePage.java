package io.mailraft.queue;

import java.util.List;
import java.util.Optional;

/**
 * A part of what a search finds, the newest first.
 *
 * @param messages what was found; can be few, or none, where much had to be looked at
 * @param next where the search goes on; empty at its end
 */
public record MessagePage(List<Match> messages, Optional<MessageId> next) {

  /**
   * A message that was found.
   *
   * @param deliveries those that were asked for, the first few
   */
  public record Match(KeptMessage message, List<ListedDelivery> deliveries) {
    public Match {
      deliveries = List.copyOf(deliveries);
    }
  }

  public MessagePage {
    messages = List.copyOf(messages);
  }
}
