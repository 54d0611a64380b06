package io.mailraft.ops.torture;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * One fault of a round.
 *
 * @param fault what is done
 * @param victims numbers of the nodes, from 1; empty where the leader is meant, or no node
 * @param leader number of the shard whose leader is meant, at the begin of the round; {@link #NONE}
 *     for none
 * @param followers how many of the leader's followers are struck instead of it; 0 for the leader
 * @param delayMillis from the begin of the round
 * @param millis how long it lasts
 * @param damage what is damaged, and how, where the fault is that
 */
public record Blow(
    Fault fault,
    List<Integer> victims,
    int leader,
    int followers,
    int delayMillis,
    int millis,
    Optional<Damage> damage) {
  /** Where no leader is meant. */
  static final int NONE = -1;

  public Blow {
    victims = List.copyOf(victims);
    if (damage.isPresent() != (fault == Fault.CORRUPT)) {
      throw new IllegalArgumentException("damage goes with corrupt, and with nothing else");
    }
    if (leader >= 0 && !victims.isEmpty()) {
      throw new IllegalArgumentException("either nodes or a leader, not both");
    }
    if (followers < 0 || (followers > 0 && leader < 0)) {
      throw new IllegalArgumentException("followers are those of a leader");
    }
  }

  /** Strikes these nodes at once. */
  static Blow ofNodes(Fault fault, int millis, Integer... numbers) {
    return new Blow(fault, List.of(numbers), NONE, 0, 0, millis, Optional.empty());
  }

  /** Strikes no node. */
  static Blow ofNobody(Fault fault, int millis) {
    return new Blow(fault, List.of(), NONE, 0, 0, millis, Optional.empty());
  }

  /** Strikes the leader of a shard at once. */
  static Blow ofLeader(Fault fault, int shard, int millis) {
    return new Blow(fault, List.of(), shard, 0, 0, millis, Optional.empty());
  }

  /** Strikes so many followers of a shard's leader at once. */
  static Blow ofFollowers(Fault fault, int shard, int followers, int millis) {
    return new Blow(fault, List.of(), shard, followers, 0, millis, Optional.empty());
  }

  /** The same so much after the begin of its round. */
  Blow after(int delay) {
    return new Blow(fault, victims, leader, followers, delay, millis, damage);
  }

  /** How many nodes lose what they had on disk. */
  int dataLost() {
    return fault.losesData() ? Math.max(1, Math.max(followers, victims.size())) : 0;
  }

  private String whom() {
    if (followers > 0) {
      return " " + followers + " followers of shard-" + leader;
    }
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
