package io.mailraft.queue;

import io.mailraft.api.stored.DeliveryState;
import io.mailraft.api.stored.StoredDelivery;
import io.mailraft.queue.shard.ShardHistory;
import io.mailraft.queue.shard.ShardHistory.Source;
import java.util.List;
import java.util.Optional;

/**
 * What is searched. A message is meant if it fits, and one of its deliveries fits recipient, zone
 * and state together. Capital letters of ASCII are like small ones.
 *
 * @param recipient an address, or @ and a domain
 * @param sender envelope sender; empty text for the null sender
 * @param tag one of its tags
 * @param zone zone of a delivery
 * @param state state of a delivery
 * @param fromMillis accepted at that time or later
 * @param toMillis accepted before that time
 */
public record MessageQuery(
    Optional<String> recipient,
    Optional<String> sender,
    Optional<String> tag,
    Optional<String> zone,
    Optional<State> state,
    long fromMillis,
    long toMillis) {

  /** Behind every time that a message id can carry. */
  public static final long MILLIS_END = (1L << 44) - 1;

  /** Everything. */
  public static final MessageQuery ALL =
      new MessageQuery(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          0,
          MILLIS_END);

  /** The states of a delivery. */
  public enum State {
    QUEUED,
    CLAIMED,
    DEFERRED,
    HELD,
    DELIVERED,
    BOUNCED,
    EXPIRED,
    CANCELLED;

    /** The state of a delivery as it stands. */
    public static State of(ListedDelivery listed) {
      return of(listed.delivery().getState(), listed.claimed());
    }

    private static State of(DeliveryState stored, boolean claimed) {
      return switch (stored) {
        case QUEUED -> claimed ? CLAIMED : QUEUED;
        case DELIVERY_DEFERRED -> DEFERRED;
        case HELD -> HELD;
        case END_DELIVERED -> DELIVERED;
        case END_BOUNCED -> BOUNCED;
        case END_EXPIRED -> EXPIRED;
        case END_CANCELLED -> CANCELLED;
        case DELIVERY_STATE_UNSPECIFIED, UNRECOGNIZED ->
            throw new IllegalArgumentException("a delivery of unknown state " + stored);
      };
    }

    boolean open() {
      return compareTo(DELIVERED) < 0;
    }
  }

  /** Where the search reads: as few rows as the query allows. */
  List<Source> sources() {
    if (recipient.isPresent() && !recipient.get().startsWith("@")) {
      return List.of(new Source.Recipient(recipient.get()));
    }
    if (tag.isPresent()) {
      return List.of(new Source.Tag(tag.get()));
    }
    if (sender.isPresent()) {
      return List.of(new Source.Sender(sender.get()));
    }
    return state.filter(State::open).isPresent()
        ? List.of(new Source.Open())
        : List.of(new Source.Open(), new Source.Ended());
  }

  boolean asksForDeliveries() {
    return recipient.isPresent() || zone.isPresent() || state.isPresent();
  }

  boolean fits(KeptMessage message) {
    return sender
            .filter(wanted -> !ShardHistory.same(wanted, message.envelope().getSender()))
            .isEmpty()
        && tag.filter(
                wanted ->
                    message.envelope().getTagsList().stream()
                        .noneMatch(each -> ShardHistory.same(wanted, each)))
            .isEmpty();
  }

  boolean fits(ListedDelivery listed) {
    StoredDelivery row = listed.delivery();
    return recipient.filter(wanted -> !isTo(row, wanted)).isEmpty()
        && zone.filter(wanted -> !wanted.equals(row.getZone())).isEmpty()
        && state.filter(wanted -> wanted != State.of(listed)).isEmpty();
  }

  private static boolean isTo(StoredDelivery row, String wanted) {
    return wanted.startsWith("@")
        ? ShardHistory.same(row.getDomain(), wanted.substring(1))
        : ShardHistory.same(row.getAddress(), wanted);
  }
}
