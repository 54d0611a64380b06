package io.mailraft.ops.torture;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * One fault of a round.
 *
 * @param fault what is done
 * @param victims numbers of the nodes, from 1; empty where the leader is meant, or no node
 * @param leader number of the shard whose leader is struck, whoever that is by then; -1 for none
 * @param delayMillis from the begin of the round
 * @param millis how long it lasts
 * @param damage what is damaged, and how, where the fault is that
 */
public record Blow(
    Fault fault,
    List<Integer> victims,
    int leader,
    int delayMillis,
    int millis,
    Optional<Damage> damage) {
  public Blow {
    victims = List.copyOf(victims);
    if (damage.isPresent() != (fault == Fault.CORRUPT)) {
      throw new IllegalArgumentException("damage goes with corrupt, and with nothing else");
    }
    if (leader >= 0 && !victims.isEmpty()) {
      throw new IllegalArgumentException("either nodes or a leader, not both");
    }
  }

  /** How many nodes lose what they had on disk. */
  int dataLost() {
    return fault.losesData() ? Math.max(1, victims.size()) : 0;
  }

  private String whom() {
    if (leader >= 0) {
      return " the leader of shard-" + leader;
    }
    return victims.isEmpty()
        ? ""
        : " " + String.join(" ", victims.stream().map(number -> "n" + number).toList());
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s%s%s at %.1f s for %.1f s",
        fault.word(),
        whom(),
        damage.map(how -> ", " + how).orElse(""),
        delayMillis / 1e3,
        millis / 1e3);
  }
}
