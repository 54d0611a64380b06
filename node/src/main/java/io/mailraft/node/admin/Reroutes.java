package io.mailraft.node.admin;

import io.mailraft.queue.shard.Depth;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Where the mail of zones goes that a document does not have any more: the orders of whoever
 * applies it, and those that stand from before.
 *
 * <p>An order stands until its zone exists again, so that mail that comes in late, by a node that
 * has not heard of the change, finds its way too.
 */
final class Reroutes {
  /** Stands for every zone that goes, or is gone and holds mail, and has no order of its own. */
  static final String ALL = "*";

  /** Most standing orders. Past it those go whose zones hold no mail. */
  static final int ORDERS_MAX = 10_000;

  /** A zone that would go though nobody says where its mail goes. The message names all of them. */
  static final class HeldMailException extends Exception {
    private static final long serialVersionUID = 1L;

    HeldMailException(String message) {
      super(message);
    }
  }

  private final Map<String, String> asked;
  private final Set<String> before;
  private final Set<String> after;
  private final Map<String, Depth> mail;

  /**
   * @param asked orders of whoever applies the document: zones, or {@link #ALL}, with the zones
   *     that take their mail
   * @param before zones of the document that stands
   * @param after zones of the document that is to replace it
   * @param mail open deliveries by zone
   */
  Reroutes(
      Map<String, String> asked, Set<String> before, Set<String> after, Map<String, Depth> mail) {
    this.asked = Map.copyOf(asked);
    this.before = Set.copyOf(before);
    this.after = Set.copyOf(after);
    this.mail = Map.copyOf(mail);
  }

  /**
   * All orders that stand once the document is applied.
   *
   * @param standing those that stand by now
   * @throws IllegalArgumentException if an order makes no sense; the message says why
   * @throws HeldMailException if a zone would go that holds mail, or that takes another one's
   */
  Map<String, String> after(Map<String, String> standing) throws HeldMailException {
    check(standing);
    Map<String, String> orders = new TreeMap<>();
    List<String> troubles = new ArrayList<>();
    standing.forEach(
        (gone, target) -> {
          if (!after.contains(gone)) {
            Optional<String> next =
                Optional.ofNullable(asked.get(gone))
                    .or(() -> Optional.of(target).filter(after::contains))
                    .or(() -> order(target));
            next.ifPresentOrElse(
                zone -> orders.put(gone, zone),
                () ->
                    troubles.add(
                        "the mail of the zone %s, which is gone, goes to the zone %s"
                            .formatted(gone, target)));
          }
        });
    for (String gone : goneBesides(standing.keySet())) {
      Optional<String> target = order(gone);
      if (target.isPresent()) {
        orders.put(gone, target.get());
      } else if (before.contains(gone) && holds(gone)) {
        troubles.add("the zone " + gone + " holds " + counts(gone));
      }
    }
    if (!troubles.isEmpty()) {
      throw new HeldMailException(
          String.join("; ", troubles)
              + ": let it be delivered first, or say which zone takes it (--reroute-to ZONE)");
    }
    if (orders.size() > ORDERS_MAX) {
      orders.keySet().removeIf(zone -> !holds(zone));
    }
    return orders;
  }

  private void check(Map<String, String> standing) {
    asked.forEach(
        (zone, target) -> {
          if (!after.contains(target)) {
            throw new IllegalArgumentException(
                "mail cannot go to %s: the new document has no such zone".formatted(target));
          }
          if (after.contains(zone)) {
            throw new IllegalArgumentException(
                "the zone %s is in the new document and keeps its mail".formatted(zone));
          }
          if (!zone.equals(ALL)
              && !before.contains(zone)
              && !standing.containsKey(zone)
              && !mail.containsKey(zone)) {
            throw new IllegalArgumentException("there is no zone " + zone + " to take mail from");
          }
        });
  }

  /** Zones that the new document does not have, and that have no standing order. */
  private Set<String> goneBesides(Set<String> ordered) {
    Set<String> gone = new TreeSet<>(before);
    mail.keySet().stream().filter(this::holds).forEach(gone::add);
    gone.removeAll(after);
    gone.removeAll(ordered);
    return gone;
  }

  private Optional<String> order(String zone) {
    return Optional.ofNullable(asked.get(zone)).or(() -> Optional.ofNullable(asked.get(ALL)));
  }

  private Depth depth(String zone) {
    return mail.getOrDefault(zone, Depth.ZERO);
  }

  private boolean holds(String zone) {
    return !depth(zone).equals(Depth.ZERO);
  }

  private String counts(String zone) {
    Depth depth = depth(zone);
    return "%d queued, %d claimed, %d deferred, %d held"
        .formatted(depth.queued(), depth.claimed(), depth.deferred(), depth.held());
  }
}
