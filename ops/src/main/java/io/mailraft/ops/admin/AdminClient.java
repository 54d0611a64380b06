package io.mailraft.ops.admin;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.mailraft.api.admin.AdminGrpc;
import io.mailraft.api.admin.ApplyDocumentRequest;
import io.mailraft.api.admin.ApplyDocumentResponse;
import io.mailraft.api.admin.DocumentHistoryRequest;
import io.mailraft.api.admin.DocumentHistoryResponse;
import io.mailraft.api.admin.GetDocumentRequest;
import io.mailraft.api.admin.GetDocumentResponse;
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
import io.mailraft.ops.admin.RefusedException.Reason;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** A connection to the admin API of one node. */
public final class AdminClient implements AutoCloseable {
  private static final int REPLY_BYTES_MAX = 16 << 20;

  /** Room for 20,000 characters, of which each may take six bytes in a header. */
  private static final int DESCRIPTION_BYTES_MAX = 128 << 10;

  private static final Duration CLOSE_TIME_MAX = Duration.ofSeconds(1);

  private final String address;
  private final ManagedChannel channel;

  private AdminClient(String address, ManagedChannel channel) {
    this.address = address;
    this.channel = channel;
  }

  /** A client of the node at the address. Connects with the first call. */
  public static AdminClient of(String host, int port) {
    String address = (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    return new AdminClient(
        address,
        NettyChannelBuilder.forAddress(host, port)
            .usePlaintext()
            .disableRetry()
            .maxInboundMessageSize(REPLY_BYTES_MAX)
            .maxInboundMetadataSize(DESCRIPTION_BYTES_MAX)
            .build());
  }

  /**
   * The node's view of its cluster.
   *
   * @throws UnreachableException if the node does not answer in time
   */
  public StatusResponse status(Duration timeout) throws UnreachableException {
    return call(timeout, stub -> stub.status(StatusRequest.getDefaultInstance()));
  }

  /**
   * The checksums of all replicas, taken now.
   *
   * @throws UnreachableException if the node does not answer in time
   */
  public VerifyStateResponse verifyState(Duration timeout) throws UnreachableException {
    return call(timeout, stub -> stub.verifyState(VerifyStateRequest.getDefaultInstance()));
  }

  /**
   * The zones that a message would go through.
   *
   * @throws UnreachableException if the node does not answer in time
   * @throws RefusedException if the request describes no message
   */
  public RouteResponse route(RouteRequest request, Duration timeout)
      throws UnreachableException, RefusedException {
    return refusable(timeout, stub -> stub.route(request));
  }

  /**
   * What the deliveries of a message wait for.
   *
   * @throws UnreachableException if the node does not answer in time
   * @throws RefusedException if it knows no such message
   */
  public WhyResponse why(WhyRequest request, Duration timeout)
      throws UnreachableException, RefusedException {
    return refusable(timeout, stub -> stub.why(request));
  }

  /**
   * How far quotas are used.
   *
   * @throws UnreachableException if the node does not answer in time
   * @throws RefusedException if the name can be neither an account nor a domain
   */
  public QuotaResponse quota(QuotaRequest request, Duration timeout)
      throws UnreachableException, RefusedException {
    return refusable(timeout, stub -> stub.quota(request));
  }

  /**
   * Replaces the cluster document, or shows what would differ.
   *
   * @throws UnreachableException if the node does not answer in time, or does not know in time what
   *     came of it
   * @throws RefusedException if nothing was changed
   */
  public ApplyDocumentResponse applyDocument(ApplyDocumentRequest request, Duration timeout)
      throws UnreachableException, RefusedException {
    return refusable(timeout, stub -> stub.applyDocument(request));
  }

  /**
   * A version of the cluster document.
   *
   * @throws UnreachableException if the node does not answer in time
   * @throws RefusedException if it has no such version
   */
  public GetDocumentResponse document(GetDocumentRequest request, Duration timeout)
      throws UnreachableException, RefusedException {
    return refusable(timeout, stub -> stub.getDocument(request));
  }

  /**
   * The versions of the cluster document that the node has, the newest first.
   *
   * @throws UnreachableException if the node does not answer in time
   */
  public DocumentHistoryResponse documentHistory(Duration timeout) throws UnreachableException {
    return call(timeout, stub -> stub.documentHistory(DocumentHistoryRequest.getDefaultInstance()));
  }

  /**
   * Suspends or resumes a zone.
   *
   * @throws UnreachableException if the node does not answer in time, or does not know in time what
   *     came of it
   * @throws RefusedException if there is no such zone
   */
  public OrderZoneResponse orderZone(OrderZoneRequest request, Duration timeout)
      throws UnreachableException, RefusedException {
    return refusable(timeout, stub -> stub.orderZone(request));
  }

  /**
   * Holds, resumes, cancels or sends at once the deliveries of a message.
   *
   * @throws UnreachableException if the node does not answer in time, or does not know in time what
   *     came of it
   * @throws RefusedException if it knows no such message
   */
  public OrderMessageResponse orderMessage(OrderMessageRequest request, Duration timeout)
      throws UnreachableException, RefusedException {
    return refusable(timeout, stub -> stub.orderMessage(request));
  }

  private <T> T refusable(Duration timeout, Function<AdminGrpc.AdminBlockingStub, T> method)
      throws UnreachableException, RefusedException {
    try {
      return call(timeout, method);
    } catch (UnreachableException e) {
      if (e.getCause() instanceof StatusRuntimeException refused) {
        Optional<Reason> reason = reason(refused.getStatus().getCode());
        if (reason.isPresent()) {
          throw new RefusedException(
              reason.get(), String.valueOf(refused.getStatus().getDescription()), e);
        }
      }
      throw e;
    }
  }

  private static Optional<Reason> reason(Status.Code code) {
    return switch (code) {
      case INVALID_ARGUMENT -> Optional.of(Reason.INPUT);
      case NOT_FOUND, FAILED_PRECONDITION, ABORTED -> Optional.of(Reason.STATE);
      case OK,
          CANCELLED,
          UNKNOWN,
          DEADLINE_EXCEEDED,
          ALREADY_EXISTS,
          PERMISSION_DENIED,
          RESOURCE_EXHAUSTED,
          OUT_OF_RANGE,
          UNIMPLEMENTED,
          INTERNAL,
          UNAVAILABLE,
          DATA_LOSS,
          UNAUTHENTICATED ->
          Optional.empty();
    };
  }

  private <T> T call(Duration timeout, Function<AdminGrpc.AdminBlockingStub, T> method)
      throws UnreachableException {
    try {
      return method.apply(
          AdminGrpc.newBlockingStub(channel)
              .withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS));
    } catch (StatusRuntimeException e) {
      throw new UnreachableException(reason(e.getStatus(), timeout), e);
    }
  }

  private String reason(Status status, Duration timeout) {
    return switch (status.getCode()) {
      // What a node says of itself comes without a cause of ours.
      case UNAVAILABLE ->
          status.getCause() == null && status.getDescription() != null
              ? answered(status)
              : "cannot reach a node at " + address;
      case DEADLINE_EXCEEDED ->
          "no answer from " + address + " within " + timeout.toSeconds() + " s";
      case UNIMPLEMENTED -> address + " is not the admin port of a Mailraft node";
      case OK,
          CANCELLED,
          UNKNOWN,
          INVALID_ARGUMENT,
          NOT_FOUND,
          ALREADY_EXISTS,
          PERMISSION_DENIED,
          RESOURCE_EXHAUSTED,
          FAILED_PRECONDITION,
          ABORTED,
          OUT_OF_RANGE,
          INTERNAL,
          DATA_LOSS,
          UNAUTHENTICATED ->
          answered(status);
    };
  }

  private String answered(Status status) {
    String description = status.getDescription();
    return address
        + " answered "
        + status.getCode()
        + (description == null ? "" : ": " + description.lines().findFirst().orElse(""));
  }

  /** Closes the connection; calls under way are broken off. */
  @Override
  public void close() {
    channel.shutdownNow();
    try {
      channel.awaitTermination(CLOSE_TIME_MAX.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
