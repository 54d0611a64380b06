package io.mailraft.node.submit;

import io.mailraft.queue.RequestKey;
import java.util.List;
import java.util.Optional;

/**
 * What a client wants of a message beside what is in it.
 *
 * @param tags words by which it finds its messages again
 * @param metadata text of a JSON object with facts of its own; empty if none
 * @param sendAtMillis Unix time before which it is not attempted, in milliseconds; 0: at once
 * @param zone the zone that it is to go through, where the client chooses
 * @param key the request, where it is to count once however often it comes
 */
public record Terms(
    List<String> tags,
    String metadata,
    long sendAtMillis,
    Optional<String> zone,
    Optional<RequestKey> key) {

  /** Nothing special. */
  public static final Terms NONE = new Terms(List.of(), "", 0, Optional.empty(), Optional.empty());

  public Terms {
    tags = List.copyOf(tags);
  }
}
