package io.mailraft.delivery;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;

/** Claims that wait, message by message, the oldest first. Guarded by the zone's lock. */
final class Waiting {
  private final LinkedHashMap<String, ArrayDeque<Held>> messages = new LinkedHashMap<>();
  private int claims;

  boolean isEmpty() {
    return messages.isEmpty();
  }

  int messages() {
    return messages.size();
  }

  int claims() {
    return claims;
  }

  /** Adds a claim behind the others. */
  void add(Held held) {
    messages.computeIfAbsent(held.claim().messageId(), id -> new ArrayDeque<>(2)).add(held);
    count(held, 1);
  }

  /** Puts claims of one message before all others. */
  void putFirst(List<Held> some) {
    String id = some.getFirst().claim().messageId();
    ArrayDeque<Held> message = messages.remove(id);
    if (message == null) {
      message = new ArrayDeque<>(some.size());
    }
    for (Held held : some.reversed()) {
      message.addFirst(held);
      count(held, 1);
    }
    messages.putFirst(id, message);
  }

  /** The claim that waits longest; there must be one. */
  Held first() {
    return messages.values().iterator().next().element();
  }

  /**
   * The next claims of one message; empty if nothing waits. What is left of the message keeps its
   * place.
   */
  List<Held> take(int most) {
    Iterator<ArrayDeque<Held>> all = messages.values().iterator();
    if (!all.hasNext()) {
      return List.of();
    }
    ArrayDeque<Held> message = all.next();
    List<Held> taken = new ArrayList<>(Math.min(message.size(), most));
    while (taken.size() < most && !message.isEmpty()) {
      Held held = message.remove();
      count(held, -1);
      taken.add(held);
    }
    if (message.isEmpty()) {
      all.remove();
    }
    return taken;
  }

  /** Takes away the youngest claims of a domain, as many as there are up to a number. */
  List<Held> takeYoungest(Portion portion, int most) {
    List<Held> taken = new ArrayList<>(Math.min(most, claims));
    Iterator<ArrayDeque<Held>> youngest = messages.sequencedValues().reversed().iterator();
    while (taken.size() < most && youngest.hasNext()) {
      ArrayDeque<Held> message = youngest.next();
      Iterator<Held> last = message.descendingIterator();
      while (taken.size() < most && last.hasNext()) {
        Held held = last.next();
        if (held.portion() == portion) {
          last.remove();
          count(held, -1);
          taken.add(held);
        }
      }
      if (message.isEmpty()) {
        youngest.remove();
      }
    }
    return taken;
  }

  /** Everything that waits. */
  List<Held> drain() {
    List<Held> all = new ArrayList<>(claims);
    messages.values().forEach(all::addAll);
    messages.clear();
    all.forEach(held -> count(held, -1));
    return all;
  }

  /** A claim that waits here. */
  Optional<Held> find(String messageId, int seq) {
    ArrayDeque<Held> message = messages.get(messageId);
    return message == null
        ? Optional.empty()
        : message.stream().filter(held -> held.claim().seq() == seq).findFirst();
  }

  private void count(Held held, int change) {
    claims += change;
    held.portion().waiting += change;
  }
}
