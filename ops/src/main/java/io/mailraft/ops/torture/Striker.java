package io.mailraft.ops.torture;

import io.mailraft.ops.chaos.LocalCluster;
import io.mailraft.ops.chaos.NodeProcess;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * Does the blows of a plan: finds those who are meant, notes the harm, strikes, and heals. A node
 * that ended by itself before, or otherwise than the blow lets it end, is a finding.
 */
final class Striker {
  /**
   * What a blow left behind.
   *
   * @param nodes names of those that were struck
   * @param mayEnd whether they may end by themselves yet
   * @param lost what they lost of their data, by their names
   * @param harm which the recovery ends
   * @param findings who ended without a reason
   */
  record Struck(
      Set<String> nodes,
      boolean mayEnd,
      Map<String, Loss> lost,
      Harms.Harm harm,
      List<Finding> findings) {}

  private final LocalCluster cluster;
  private final Map<Fault, Hand> hands;
  private final Harms harms;
  private final Terms terms;
  private final Patience patience;
  private final Consumer<String> told;

  /**
   * @param told hears what is done to whom
   */
  Striker(
      LocalCluster cluster,
      Map<Fault, Hand> hands,
      Harms harms,
      Terms terms,
      Patience patience,
      Consumer<String> told) {
    this.cluster = cluster;
    this.hands = hands;
    this.harms = harms;
    this.terms = terms;
    this.patience = patience;
    this.told = told;
  }

  /**
   * Does one, from its delay to its end. Whoever is meant is found before the delay, so that blows
   * of one round mean the same leader. May be called for several at the same time.
   */
  Struck strike(Blow blow) throws Exception {
    List<NodeProcess> meant = victims(blow);
    Run.hold(blow.delayMillis());
    Fault fault = blow.fault();
    Hand hand =
        Optional.ofNullable(hands.get(fault))
            .orElseThrow(() -> new IllegalStateException("nothing here can do " + fault.word()));
    List<Finding> findings = new ArrayList<>();
    List<NodeProcess> victims = new ArrayList<>();
    for (NodeProcess node : meant) {
      Ends.unlike(node, Set.of()).ifPresentOrElse(findings::add, () -> victims.add(node));
    }
    Set<String> names = new HashSet<>(victims.stream().map(NodeProcess::id).toList());
    boolean path = fault.parts() && onThePath(names);
    Harms.Harm harm = harms.begin(fault.parts() ? names : Set.of(), path, fault.endsProcesses());
    told.accept(
        "%s %s%s".formatted(fault.word(), String.join(" ", names), path ? ", on the path" : ""));
    hand.strike(blow, victims);
    Run.hold(blow.millis());
    for (NodeProcess node : victims) {
      Ends.unlike(node, hand.ends()).ifPresent(findings::add);
    }
    hand.heal(victims);
    told.accept("%s %s is over".formatted(fault.word(), String.join(" ", names)));
    Map<String, Loss> lost = new TreeMap<>();
    victims.forEach(node -> hand.loss(node).ifPresent(loss -> lost.put(node.id(), loss)));
    return new Struck(names, hand.mayEnd(), lost, harm, findings);
  }

  /** Whether a majority is struck, or somebody who leads a shard, or nobody knows who does. */
  private boolean onThePath(Set<String> names) {
    return names.size() * 2 > cluster.nodes().size()
        || terms
            .shardLeaders()
            .map(leaders -> leaders.stream().anyMatch(l -> l.isEmpty() || names.contains(l)))
            .orElse(true);
  }

  private List<NodeProcess> victims(Blow blow) throws InterruptedException, TimeoutException {
    if (blow.leader() < 0) {
      return blow.victims().stream().map(number -> cluster.node("n" + number)).toList();
    }
    NodeProcess leader = cluster.awaitLeader("shard-" + blow.leader(), patience.recovery());
    if (blow.followers() == 0) {
      return List.of(leader);
    }
    // Whoever leads the control group comes last, so that one follower's harm is its own alone.
    NodeProcess control = cluster.awaitLeader("control", patience.recovery());
    return cluster.nodes().stream()
        .filter(node -> node != leader)
        .sorted(Comparator.comparing(node -> node == control))
        .limit(blow.followers())
        .toList();
  }
}
