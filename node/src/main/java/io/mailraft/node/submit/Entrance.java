package io.mailraft.node.submit;

import io.mailraft.config.SmtpConfig;
import io.mailraft.node.heap.HeapBudget;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.QueueException;
import io.mailraft.queue.Uploads;
import java.time.InstantSource;
import java.util.Optional;

/** What all messages of one listener share on their way into the queue. Thread-safe. */
public final class Entrance {
  private final String listener;
  private final SmtpConfig limits;
  private final String node;
  private final Uploads uploads;
  private final ZoneChooser zones;
  private final InstantSource clock;
  private final HeapBudget heap;
  private final RequestTurns turns = new RequestTurns();

  /**
   * @param listener its name in envelopes
   * @param limits what it takes of a message
   * @param node name of this node
   * @param uploads where messages go
   * @param zones gives recipients their zones
   * @param clock time for Date fields and acceptance
   * @param heap what messages may take of it on their way in
   */
  public Entrance(
      String listener,
      SmtpConfig limits,
      String node,
      Uploads uploads,
      ZoneChooser zones,
      InstantSource clock,
      HeapBudget heap) {
    this.listener = listener;
    this.limits = limits;
    this.node = node;
    this.uploads = uploads;
    this.zones = zones;
    this.clock = clock;
    this.heap = heap;
  }

  /** What the listener takes of a message. */
  public SmtpConfig limits() {
    return limits;
  }

  /** Time for Date fields and acceptance. */
  public InstantSource clock() {
    return clock;
  }

  /** What messages may take of the heap on their way in, beside their content. */
  public HeapBudget heap() {
    return heap;
  }

  /**
   * The message of an earlier request of which one is a repeat, as far as this node has heard of
   * it.
   *
   * @throws QueueException with the reason {@code KEY_USED} if the key stands for another request
   */
  public Optional<MessageId> known(Terms terms) throws QueueException {
    return terms.key().isPresent() ? uploads.known(terms.key().get()) : Optional.empty();
  }

  String listener() {
    return listener;
  }

  String node() {
    return node;
  }

  Uploads uploads() {
    return uploads;
  }

  ZoneChooser zones() {
    return zones;
  }

  RequestTurns turns() {
    return turns;
  }
}
