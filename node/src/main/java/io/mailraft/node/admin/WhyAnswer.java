package io.mailraft.node.admin;

import io.mailraft.api.admin.WaitReason;
import io.mailraft.api.admin.WaitingDelivery;
import io.mailraft.api.admin.WhyRequest;
import io.mailraft.api.admin.WhyResponse;
import io.mailraft.api.link.Explain;
import io.mailraft.api.link.Explained;
import io.mailraft.api.link.Reason;
import io.mailraft.api.stored.DeliveryState;
import io.mailraft.api.stored.StoredClaim;
import io.mailraft.api.stored.StoredDelivery;
import io.mailraft.queue.ListedDelivery;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.OpenMessage;
import io.mailraft.queue.Queue;
import io.mailraft.queue.control.Assignments;
import io.mailraft.queue.control.Duties;
import io.mailraft.queue.control.NodeEntry;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says what the deliveries of a message wait for. The state and the duties are those of this node's
 * replicas; what happens on a node is asked of that node, and what the leader of a shard keeps a
 * delivery for of that leader, all nodes at the same time.
 */
final class WhyAnswer {
  private static final Logger log = LoggerFactory.getLogger(WhyAnswer.class);
  private static final int DELIVERIES_MAX = 1000;

  /** Deliveries for which nodes are asked; of the others only the state is told. */
  private static final int ASKED_MAX = 20;

  private static final long NODE_MILLIS = 2000;

  private final Queue queue;
  private final InstantSource clock;

  WhyAnswer(Queue queue, InstantSource clock) {
    this.queue = queue;
    this.clock = clock;
  }

  /**
   * Answers.
   *
   * @throws IllegalArgumentException if the id is none
   * @throws NoSuchElementException if there is no such message or delivery, or it ended long ago
   */
  WhyResponse answer(WhyRequest request) {
    MessageId id = MessageId.parse(request.getId());
    boolean all = request.getSeq() == 0;
    List<ListedDelivery> rows =
        queue
            .inspection()
            .deliveries(id, Math.max(1, request.getSeq()), all ? DELIVERIES_MAX + 1 : 1)
            .stream()
            .filter(row -> all || row.seq() == request.getSeq())
            .toList();
    if (rows.isEmpty()) {
      throw new NoSuchElementException(
          "no delivery "
              + request.getId()
              + (all ? "" : " " + request.getSeq())
              + " is known; what ended is remembered for a while only");
    }
    WhyResponse.Builder response =
        WhyResponse.newBuilder().setId(id.toString()).setNowMillis(clock.millis());
    Optional<OpenMessage> message = queue.inspection().message(id);
    message.ifPresent(
        open ->
            response
                .setSender(open.envelope().getSender())
                .setAcceptedMillis(open.envelope().getAcceptedMillis()));
    List<Found> found = new ArrayList<>();
    int asked = 0;
    for (ListedDelivery row : rows.subList(0, Math.min(rows.size(), DELIVERIES_MAX))) {
      Found known = look(row);
      if (!known.nodes().isEmpty() && asked < ASKED_MAX) {
        asked++;
        known.nodes().forEach(node -> known.said().put(node, queue.explain(node, question(row))));
      }
      found.add(known);
    }
    await(found);
    found.forEach(
        known -> response.addDeliveries(delivery(known.row()).addAllReasons(reasons(known))));
    return response.setMore(rows.size() > DELIVERIES_MAX).build();
  }

  /**
   * What the state says of a delivery.
   *
   * @param nodes who may know more
   * @param said the answers of those that were asked
   */
  private record Found(
      ListedDelivery row,
      List<WaitReason> reasons,
      List<String> nodes,
      Map<String, CompletableFuture<Explained>> said) {

    Found(ListedDelivery row, List<WaitReason> reasons, List<String> nodes) {
      this(row, reasons, nodes, new LinkedHashMap<>());
    }
  }

  private Found look(ListedDelivery row) {
    return switch (row.delivery().getState()) {
      case QUEUED -> row.claimed() ? claimed(row) : queued(row);
      case DELIVERY_DEFERRED -> new Found(row, deferred(row), List.of());
      case HELD -> new Found(row, List.of(held(row)), List.of());
      case END_DELIVERED,
          END_BOUNCED,
          END_EXPIRED,
          END_CANCELLED,
          DELIVERY_STATE_UNSPECIFIED,
          UNRECOGNIZED ->
          new Found(row, List.of(), List.of());
    };
  }

  /** Until all have answered, or their time is over: one time for all. */
  private static void await(List<Found> found) {
    try {
      CompletableFuture.allOf(
              found.stream()
                  .flatMap(known -> known.said().values().stream())
                  .toArray(CompletableFuture<?>[]::new))
          .get(NODE_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      log.debug("not every node said what it does with a delivery: {}", e.toString());
    }
  }

  private List<WaitReason> reasons(Found found) {
    List<WaitReason> reasons = new ArrayList<>(found.reasons());
    Optional<String> awaited = awaited(found.said().values());
    found.said().forEach((node, answer) -> reasons.addAll(said(node, answer, awaited)));
    if (reasons.isEmpty() && !found.nodes().isEmpty()) {
      reasons.add(found.said().isEmpty() ? notAsked() : turn(found.row()));
    }
    return reasons;
  }

  /** The node that alone may have a delivery for now, where the shard's leader says so. */
  private static Optional<String> awaited(Collection<CompletableFuture<Explained>> answers) {
    return answers.stream()
        .filter(CompletableFuture::isDone)
        .filter(answer -> !answer.isCompletedExceptionally())
        .flatMap(answer -> answer.join().getReasonsList().stream())
        .map(Reason::getAwaited)
        .filter(node -> !node.isEmpty())
        .findFirst();
  }

  /**
   * What a node says of a delivery. Where that waits for one node alone, the others' lines and
   * limits are none of its business.
   */
  private static List<WaitReason> said(
      String node, CompletableFuture<Explained> answer, Optional<String> awaited) {
    boolean concerned = awaited.isEmpty() || awaited.get().equals(node);
    if (!answer.isDone() || answer.isCompletedExceptionally()) {
      return concerned
          ? List.of(reason(node, "no answer", "the node did not say what it does with it"))
          : List.of();
    }
    return answer.join().getReasonsList().stream()
        .filter(said -> concerned || !said.getAwaited().isEmpty())
        .map(
            said ->
                reason(node, said.getPhase(), said.getDetail()).toBuilder()
                    .setForMillis(said.getForMillis())
                    .build())
        .toList();
  }

  private static WaitReason notAsked() {
    return reason(
        "",
        "not asked",
        "nodes are asked of the first %d deliveries; name this one".formatted(ASKED_MAX));
  }

  private WaitReason turn(ListedDelivery row) {
    String zone = row.delivery().getZone();
    String domain = row.delivery().getDomain();
    return reason(
        "",
        "its turn",
        "%d deliveries are queued for %s in zone %s, the oldest goes first"
            .formatted(queue.lane(zone, domain).queued(), domain, zone));
  }

  private static WaitingDelivery.Builder delivery(ListedDelivery row) {
    StoredDelivery stored = row.delivery();
    return WaitingDelivery.newBuilder()
        .setSeq(row.seq())
        .setRecipient(stored.getAddress())
        .setZone(stored.getZone())
        .setDomain(stored.getDomain())
        .setState(Rows.state(row))
        .setAttempts(stored.getAttempts())
        .setNextMillis(
            stored.getState() == DeliveryState.DELIVERY_DEFERRED ? stored.getNextMillis() : 0)
        .setReply(stored.getReply());
  }

  private List<WaitReason> deferred(ListedDelivery row) {
    List<WaitReason> reasons = new ArrayList<>();
    Instant next = Instant.ofEpochMilli(row.delivery().getNextMillis());
    WaitReason.Builder time = reason("", "its time", "next attempt at " + next).toBuilder();
    if (row.delivery().getLastMillis() > 0) {
      time.setForMillis(since(row.delivery().getLastMillis()));
    }
    reasons.add(time.build());
    suspended(row.delivery().getZone()).ifPresent(reasons::add);
    return reasons;
  }

  private WaitReason held(ListedDelivery row) {
    WaitReason.Builder reason = reason("", "held", row.delivery().getReply()).toBuilder();
    if (row.delivery().getHeldMillis() > 0) {
      reason.setForMillis(since(row.delivery().getHeldMillis()));
    }
    return reason.build();
  }

  private Optional<WaitReason> suspended(String zone) {
    return Optional.ofNullable(queue.suspensions().present().get(zone))
        .map(
            suspension ->
                reason(
                        "",
                        "suspended",
                        "zone %s, by %s: %s"
                            .formatted(zone, suspension.author(), suspension.reason()))
                    .toBuilder()
                    .setForMillis(since(suspension.stampMillis()))
                    .build());
  }

  /** At least a millisecond: nothing would mean that it is not known. */
  private long since(long stampMillis) {
    return Math.max(1, clock.millis() - stampMillis);
  }

  private static Explain question(ListedDelivery row) {
    return Explain.newBuilder()
        .setId(row.id().toByteString())
        .setSeq(row.seq())
        .setZone(row.delivery().getZone())
        .setDomain(row.delivery().getDomain())
        .setClaimed(row.claimed())
        .build();
  }

  private Found claimed(ListedDelivery row) {
    Optional<StoredClaim> claim = queue.inspection().claim(row.id(), row.seq());
    if (claim.isEmpty()) {
      // It has ended, or come back, since the row was read.
      return new Found(row, List.of(), List.of());
    }
    String owner = nameOf(claim.get().getNode());
    WaitReason.Builder by =
        reason("", "claimed", "by %s, lease %d".formatted(owner, claim.get().getEpoch()))
            .toBuilder();
    if (claim.get().getStampMillis() > 0) {
      by.setForMillis(since(claim.get().getStampMillis()));
    }
    return new Found(row, List.of(by.build()), List.of(owner));
  }

  private Found queued(ListedDelivery row) {
    String zone = row.delivery().getZone();
    Optional<WaitReason> suspended = suspended(zone);
    if (suspended.isPresent()) {
      return new Found(row, List.of(suspended.get()), List.of());
    }
    Optional<Duties> duties = queue.duties();
    List<Assignments.Share> servers =
        duties
            .map(known -> known.assignments().zones().getOrDefault(zone, List.of()))
            .orElse(List.of());
    if (servers.isEmpty()) {
      return new Found(row, List.of(unserved(zone, duties)), List.of());
    }
    Optional<String> leader = queue.leader(row.id());
    Set<String> asked =
        servers.stream()
            .map(Assignments.Share::node)
            .collect(Collectors.toCollection(TreeSet::new));
    leader.ifPresent(asked::add);
    return new Found(
        row, leader.isPresent() ? List.of() : List.of(leaderless(row.id())), List.copyOf(asked));
  }

  private static WaitReason leaderless(MessageId id) {
    return reason(
        "",
        "no leader",
        "no leader of shard-%d is known, who would give it to a node".formatted(id.shard()));
  }

  private WaitReason unserved(String zone, Optional<Duties> duties) {
    String taker = queue.cluster().document().reroutes().get(zone);
    if (taker != null) {
      return reason("", "zone gone", "zone " + taker + " takes its mail");
    }
    boolean known = duties.isPresent() && duties.get().settings().zones().containsKey(zone);
    return known
        ? reason("", "zone unserved", "no live node owns an address of the pool of " + zone)
        : reason("", "zone unknown", "the cluster document has no zone " + zone);
  }

  private String nameOf(int number) {
    return queue.cluster().nodes().values().stream()
        .filter(node -> node.number() == number)
        .map(NodeEntry::name)
        .findFirst()
        .orElse("node " + number);
  }

  private static WaitReason reason(String node, String phase, String detail) {
    return WaitReason.newBuilder().setNode(node).setPhase(phase).setDetail(detail).build();
  }
}
