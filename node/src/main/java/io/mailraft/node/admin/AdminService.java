package io.mailraft.node.admin;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.mailraft.api.admin.AdminGrpc;
import io.mailraft.api.admin.ApplyDocumentRequest;
import io.mailraft.api.admin.ApplyDocumentResponse;
import io.mailraft.api.admin.DocumentHistoryRequest;
import io.mailraft.api.admin.DocumentHistoryResponse;
import io.mailraft.api.admin.GetDocumentRequest;
import io.mailraft.api.admin.GetDocumentResponse;
import io.mailraft.api.admin.GroupStatus;
import io.mailraft.api.admin.NodeStatus;
import io.mailraft.api.admin.OrderMessageRequest;
import io.mailraft.api.admin.OrderMessageResponse;
import io.mailraft.api.admin.OrderZoneRequest;
import io.mailraft.api.admin.OrderZoneResponse;
import io.mailraft.api.admin.QuotaRequest;
import io.mailraft.api.admin.QuotaResponse;
import io.mailraft.api.admin.RouteRequest;
import io.mailraft.api.admin.RouteResponse;
import io.mailraft.api.admin.StatusRequest;
import io.mailraft.api.admin.StatusResponse;
import io.mailraft.api.admin.VerifyStateRequest;
import io.mailraft.api.admin.VerifyStateResponse;
import io.mailraft.api.admin.WhyRequest;
import io.mailraft.api.admin.WhyResponse;
import io.mailraft.api.admin.ZoneServer;
import io.mailraft.api.admin.ZoneStatus;
import io.mailraft.config.HostPort;
import io.mailraft.config.MailraftConfig;
import io.mailraft.queue.GroupState;
import io.mailraft.queue.Queue;
import io.mailraft.queue.QueueException;
import io.mailraft.queue.ReplicaChecksum;
import io.mailraft.queue.control.Assignments;
import io.mailraft.queue.control.ControlView;
import io.mailraft.queue.control.NodeEntry;
import io.mailraft.queue.shard.Depth;
import io.mailraft.router.Router;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** The admin API as one node answers it. */
public final class AdminService extends AdminGrpc.AdminImplBase {
  private final MailraftConfig config;
  private final String version;
  private final Queue queue;
  private final Supplier<Router> router;
  private final Predicate<String> trusts;
  private final DocumentCalls documents;
  private final OrderCalls orders;

  /**
   * Answers for one node.
   *
   * @param router the table of the zones as the front doors have it at this moment
   * @param trusts whether an account may choose the zone of its messages
   */
  public AdminService(
      MailraftConfig config,
      String version,
      Queue queue,
      Supplier<Router> router,
      Predicate<String> trusts) {
    this.config = config;
    this.version = version;
    this.queue = queue;
    this.router = router;
    this.trusts = trusts;
    this.documents = new DocumentCalls(queue.documents(), queue::zones);
    this.orders = new OrderCalls(queue.suspensions(), () -> router.get().zones(), queue.orders());
  }

  @Override
  public void status(StatusRequest request, StreamObserver<StatusResponse> answer) {
    Optional<String> unready = queue.unready();
    StatusResponse.Builder status =
        StatusResponse.newBuilder()
            .setNode(config.node().id())
            .setCluster(config.cluster().name())
            .setVersion(version)
            .setReady(unready.isEmpty())
            .setReason(unready.orElse(""));
    ControlView cluster = queue.cluster();
    config.cluster().peers().forEach((id, raft) -> status.addNodes(node(id, raft, cluster)));
    queue.groups().forEach(group -> status.addGroups(group(group)));
    zones().forEach((name, depth) -> status.addZones(zone(name, depth, cluster)));
    answer.onNext(status.build());
    answer.onCompleted();
  }

  /** The zones of the cluster, those that hold mail, and those that are suspended. */
  private Map<String, Depth> zones() {
    Map<String, Depth> zones = new TreeMap<>();
    router.get().zones().forEach(name -> zones.put(name, Depth.ZERO));
    queue.cluster().suspensions().keySet().forEach(name -> zones.put(name, Depth.ZERO));
    zones.putAll(queue.zones());
    return zones;
  }

  private static NodeStatus node(String id, HostPort raft, ControlView cluster) {
    NodeStatus.Builder node = NodeStatus.newBuilder().setName(id).setRaft(raft.toString());
    Optional<NodeEntry> joined = cluster.node(id);
    joined.ifPresent(
        entry ->
            node.setLive(entry.live())
                .setEpoch(entry.epoch())
                .setAdmin(entry.addresses().getAdmin())
                .setHttp(entry.addresses().getHttp())
                .addAllSmtp(entry.addresses().getSmtpList())
                .addAllSources(entry.addresses().getSourcesList())
                .setVersion(entry.addresses().getVersion()));
    return node.build();
  }

  private static GroupStatus group(GroupState group) {
    return GroupStatus.newBuilder()
        .setName(group.name())
        .setLeader(group.leader().orElse(""))
        .setTerm(group.term())
        .setAppliedIndex(group.appliedIndex())
        .setCommitIndex(group.committedIndex())
        .build();
  }

  private ZoneStatus zone(String name, Depth depth, ControlView cluster) {
    ZoneStatus.Builder zone =
        ZoneStatus.newBuilder()
            .setName(name)
            .setQueued(depth.queued())
            .setClaimed(depth.claimed())
            .setDeferred(depth.deferred())
            .setHeld(depth.held())
            .setReroutedTo(cluster.document().reroutes().getOrDefault(name, ""));
    List<Assignments.Share> servers =
        queue
            .duties()
            .map(duties -> duties.assignments().zones().getOrDefault(name, List.of()))
            .orElse(List.of());
    servers.forEach(
        share ->
            zone.addServers(
                ZoneServer.newBuilder()
                    .setNode(share.node())
                    .setConnections(share.connections())
                    .addAllSources(
                        share.sources().stream()
                            .map(source -> source.address().getHostAddress())
                            .toList())));
    Optional.ofNullable(cluster.suspensions().get(name))
        .ifPresent(suspension -> zone.setSuspension(OrderCalls.message(suspension)));
    return zone.setUnserved(
            servers.isEmpty() && zone.getReroutedTo().isEmpty() && !zone.hasSuspension())
        .build();
  }

  @Override
  public void why(WhyRequest request, StreamObserver<WhyResponse> answer) {
    try {
      answer.onNext(new WhyAnswer(queue, InstantSource.system()).answer(request));
      answer.onCompleted();
    } catch (IllegalArgumentException e) {
      answer.onError(Status.INVALID_ARGUMENT.withDescription(e.getMessage()).asRuntimeException());
    } catch (NoSuchElementException e) {
      answer.onError(Status.NOT_FOUND.withDescription(e.getMessage()).asRuntimeException());
    }
  }

  @Override
  public void quota(QuotaRequest request, StreamObserver<QuotaResponse> answer) {
    try {
      answer.onNext(new QuotaAnswer(queue, InstantSource.system()).answer(request));
      answer.onCompleted();
    } catch (IllegalArgumentException e) {
      answer.onError(Status.INVALID_ARGUMENT.withDescription(e.getMessage()).asRuntimeException());
    }
  }

  @Override
  public void route(RouteRequest request, StreamObserver<RouteResponse> answer) {
    try {
      answer.onNext(new RouteAnswer(config.smtp(), router.get(), trusts).answer(request));
      answer.onCompleted();
    } catch (IllegalArgumentException e) {
      answer.onError(Status.INVALID_ARGUMENT.withDescription(e.getMessage()).asRuntimeException());
    }
  }

  @Override
  public void applyDocument(
      ApplyDocumentRequest request, StreamObserver<ApplyDocumentResponse> answer) {
    answer(answer, () -> documents.apply(request));
  }

  @Override
  public void getDocument(GetDocumentRequest request, StreamObserver<GetDocumentResponse> answer) {
    answer(answer, () -> documents.get(request));
  }

  @Override
  public void documentHistory(
      DocumentHistoryRequest request, StreamObserver<DocumentHistoryResponse> answer) {
    answer(answer, documents::history);
  }

  @Override
  public void orderZone(OrderZoneRequest request, StreamObserver<OrderZoneResponse> answer) {
    answer(answer, () -> orders.zone(request));
  }

  @Override
  public void orderMessage(
      OrderMessageRequest request, StreamObserver<OrderMessageResponse> answer) {
    answer(answer, () -> orders.message(request));
  }

  private static <T> void answer(StreamObserver<T> answer, Supplier<T> call) {
    T value;
    try {
      value = call.get();
    } catch (StatusRuntimeException e) {
      answer.onError(e);
      return;
    }
    answer.onNext(value);
    answer.onCompleted();
  }

  @Override
  public void verifyState(VerifyStateRequest request, StreamObserver<VerifyStateResponse> answer) {
    List<ReplicaChecksum> checksums;
    try {
      checksums = queue.verifyState();
    } catch (QueueException e) {
      answer.onError(
          Status.UNAVAILABLE
              .withDescription("the checksums cannot be taken: " + e.getMessage())
              .asRuntimeException());
      return;
    }
    VerifyStateResponse.Builder response = VerifyStateResponse.newBuilder();
    for (ReplicaChecksum checksum : checksums) {
      response.addReplicas(
          io.mailraft.api.admin.ReplicaChecksum.newBuilder()
              .setGroup(checksum.group())
              .setNode(checksum.node())
              .setIndex(checksum.index())
              .setDigest(checksum.digest())
              .setRows(checksum.rows())
              .setError(checksum.error()));
    }
    answer.onNext(response.setEqual(allEqual(checksums)).build());
    answer.onCompleted();
  }

  private static boolean allEqual(List<ReplicaChecksum> checksums) {
    record State(long index, String digest) {}
    Map<String, State> byGroup = new TreeMap<>();
    for (ReplicaChecksum checksum : checksums) {
      State state = new State(checksum.index(), checksum.digest());
      State first = byGroup.getOrDefault(checksum.group(), state);
      if (!checksum.error().isEmpty() || !first.equals(state)) {
        return false;
      }
      byGroup.put(checksum.group(), state);
    }
    return true;
  }
}
