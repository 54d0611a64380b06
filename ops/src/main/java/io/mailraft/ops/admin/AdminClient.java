package io.mailraft.ops.admin;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.mailraft.api.admin.AdminGrpc;
import io.mailraft.api.admin.RouteRequest;
import io.mailraft.api.admin.RouteResponse;
import io.mailraft.api.admin.StatusRequest;
import io.mailraft.api.admin.StatusResponse;
import io.mailraft.api.admin.VerifyStateRequest;
import io.mailraft.api.admin.VerifyStateResponse;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** A connection to the admin API of one node. */
public final class AdminClient implements AutoCloseable {
  private static final int REPLY_BYTES_MAX = 16 << 20;
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
    try {
      return call(timeout, stub -> stub.route(request));
    } catch (UnreachableException e) {
      if (e.getCause() instanceof StatusRuntimeException refused
          && refused.getStatus().getCode() == Status.Code.INVALID_ARGUMENT) {
        throw new RefusedException(String.valueOf(refused.getStatus().getDescription()), e);
      }
      throw e;
    }
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
      case UNAVAILABLE -> "cannot reach a node at " + address;
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
          UNAUTHENTICATED -> {
        String description = status.getDescription();
        yield address
            + " answered "
            + status.getCode()
            + (description == null ? "" : ": " + description.lines().findFirst().orElse(""));
      }
    };
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
