package io.mailraft.queue;

import java.util.List;

/**
 * A part of the stream of events.
 *
 * @param events in an order that keeps that of each shard, each with the place behind it
 * @param end where the stream goes on
 * @param gap whether events before these are not kept any longer
 * @param idle whether nothing was applied for as long as the reader waited
 */
public record StreamPage(List<Item> events, StreamPlace end, boolean gap, boolean idle) {

  /**
   * An event of the stream.
   *
   * @param event what happened
   * @param place the place behind it: who goes on from there misses nothing and sees nothing twice
   */
  public record Item(MessageEvent event, StreamPlace place) {}

  public StreamPage {
    events = List.copyOf(events);
  }
}
