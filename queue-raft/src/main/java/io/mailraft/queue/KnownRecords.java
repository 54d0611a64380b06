package io.mailraft.queue;

import io.mailraft.api.log.NodeAddresses;
import io.mailraft.api.log.Record;
import io.mailraft.api.log.Record.KindCase;
import io.mailraft.queue.control.NodeEntry;
import io.mailraft.queue.link.OlderNodeException;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Which records every node can apply. A node that meets a kind in a log that it does not know must
 * stop, so a leader takes such a record only once every node that ever joined has said that it
 * knows its kind; one that is down has to read the log later.
 *
 * <p>A node says it when it joins. The kinds without which no cluster works are known to all.
 */
final class KnownRecords {
  private final Supplier<? extends Collection<NodeEntry>> nodes;

  /**
   * @param nodes every node that ever joined
   */
  KnownRecords(Supplier<? extends Collection<NodeEntry>> nodes) {
    this.nodes = nodes;
  }

  /** What a node of this build says when it joins. */
  static NodeAddresses told(NodeAddresses addresses) {
    List<Integer> kinds =
        Arrays.stream(KindCase.values())
            .filter(kind -> kind != KindCase.KIND_NOT_SET)
            .map(KindCase::getNumber)
            .toList();
    return addresses.toBuilder().clearRecordKinds().addAllRecordKinds(kinds).build();
  }

  /**
   * Checks a record before it is proposed.
   *
   * @throws OlderNodeException if a node does not know its kind, or that of what comes of it
   */
  void check(Record record) throws OlderNodeException {
    Optional<Need> need = need(record);
    if (need.isEmpty()) {
      return;
    }
    int kind = need.get().kind().getNumber();
    String older =
        nodes.get().stream()
            .filter(node -> !node.addresses().getRecordKindsList().contains(kind))
            .map(node -> node.name() + " (version " + version(node) + ")")
            .sorted()
            .collect(Collectors.joining(", "));
    if (!older.isEmpty()) {
      throw new OlderNodeException(
          "not before all nodes know " + need.get().words() + ": upgrade " + older + " first");
    }
  }

  private static String version(NodeEntry node) {
    String version = node.addresses().getVersion();
    return version.isEmpty() ? "unknown" : version;
  }

  /** A kind that every node must know, with what it is for in an operator's words. */
  private record Need(KindCase kind, String words) {}

  private static Optional<Need> need(Record record) {
    KindCase kind = record.getKindCase();
    if (kind == KindCase.ORDER) {
      return Optional.of(new Need(kind, "orders for deliveries"));
    }
    if (kind == KindCase.SUSPEND_ZONE || kind == KindCase.RESUME_ZONE) {
      return Optional.of(new Need(kind, "suspended zones"));
    }
    // The leaders of shards then move what is queued.
    return record.getSetDocument().getReroutesCount() > 0
        ? Optional.of(new Need(KindCase.REROUTE, "mail that goes to another zone"))
        : Optional.empty();
  }
}
