package io.mailraft.queue;

import io.mailraft.queue.MessagePage.Match;
import io.mailraft.queue.shard.ShardHistory;
import io.mailraft.queue.shard.ShardHistory.Found;
import io.mailraft.queue.shard.ShardHistory.Source;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One search through all shards, the newest message first.
 *
 * <p>Each source of each shard gives a block of rows below a bound. Down to the highest end of a
 * block that was full, all that there is of any source is known; so far the messages are looked at,
 * in order of their ids, and the last one looked at is the next bound. It is also what the caller
 * goes on from, so a page has a bounded cost however little is found.
 */
final class Search {
  private static final int BLOCK_ROWS = 256;

  /** Most messages and deliveries that are looked at for one page. */
  private static final int LOOKS_MAX = 10_000;

  /** Most deliveries of a message that are compared where search does not lead to one of them. */
  private static final int DELIVERIES_MAX = 1_000;

  /** Most deliveries that a match names. */
  private static final int NAMED_MAX = 10;

  private final History history;
  private final List<ShardHistory> shards;
  private final MessageQuery query;
  private final int limit;
  private final List<Match> matches = new ArrayList<>();
  private int looks;

  Search(History history, List<ShardHistory> shards, MessageQuery query, int limit) {
    this.history = history;
    this.shards = shards;
    this.query = query;
    this.limit = limit;
  }

  /** Messages known down to some id. */
  private record Block(TreeMap<MessageId, List<Integer>> messages, boolean last) {}

  MessagePage page(Optional<MessageId> start) {
    MessageId from = new MessageId(query.fromMillis() << 20, 0);
    MessageId end = new MessageId(query.toMillis() << 20, 0);
    MessageId bound = start.filter(id -> id.compareTo(end) < 0).orElse(end);
    while (from.compareTo(bound) < 0) {
      Block block = block(from, bound);
      for (var candidate : block.messages().entrySet()) {
        bound = candidate.getKey();
        look(bound, candidate.getValue());
        if (matches.size() >= limit || looks >= LOOKS_MAX) {
          return new MessagePage(matches, Optional.of(bound));
        }
      }
      if (block.last()) {
        break;
      }
    }
    return new MessagePage(matches, Optional.empty());
  }

  private Block block(MessageId from, MessageId bound) {
    TreeMap<MessageId, List<Integer>> all = new TreeMap<>(Comparator.reverseOrder());
    Optional<MessageId> horizon = Optional.empty();
    for (ShardHistory shard : shards) {
      for (Source source : query.sources()) {
        List<Found> rows = shard.find(source, from, bound, BLOCK_ROWS);
        rows.forEach(
            row -> all.computeIfAbsent(row.message(), _ -> new ArrayList<>()).add(row.seq()));
        if (rows.size() == BLOCK_ROWS) {
          MessageId last = rows.getLast().message();
          horizon = Optional.of(horizon.filter(id -> id.compareTo(last) > 0).orElse(last));
        }
      }
    }
    if (horizon.isEmpty()) {
      return new Block(all, true);
    }
    // More rows of the message at the horizon may follow; where there is no other, these must do.
    boolean alone = all.firstKey().equals(horizon.get());
    return new Block(new TreeMap<>(all.headMap(horizon.get(), alone)), false);
  }

  private void look(MessageId id, List<Integer> seqs) {
    looks++;
    Optional<KeptMessage> message = history.find(id).filter(query::fits);
    if (message.isEmpty()) {
      return;
    }
    List<ListedDelivery> fitting = new ArrayList<>();
    if (seqs.stream().allMatch(seq -> seq > 0)) {
      for (int seq : seqs) {
        fitting.addAll(fitting(history.deliveries(id, seq, 1)));
      }
    } else {
      int most = query.asksForDeliveries() ? DELIVERIES_MAX : NAMED_MAX;
      fitting.addAll(fitting(history.deliveries(id, 1, most)));
    }
    if (!fitting.isEmpty() || !query.asksForDeliveries()) {
      matches.add(
          new Match(message.get(), fitting.subList(0, Math.min(NAMED_MAX, fitting.size()))));
    }
  }

  private List<ListedDelivery> fitting(List<ListedDelivery> rows) {
    looks += rows.size();
    return rows.stream().filter(query::fits).toList();
  }
}
