package io.mailraft.queue.link;

import io.mailraft.api.link.AnswerFrame;
import io.mailraft.api.link.AskQuota;
import io.mailraft.api.link.AskSends;
import io.mailraft.api.link.Attach;
import io.mailraft.api.link.CallFrame;
import io.mailraft.api.link.ChecksumRequest;
import io.mailraft.api.link.Credit;
import io.mailraft.api.link.DomainLimit;
import io.mailraft.api.link.Explain;
import io.mailraft.api.link.Explained;
import io.mailraft.api.link.Hello;
import io.mailraft.api.log.Record;
import io.mailraft.config.HostPort;
import io.mailraft.queue.raft.Answer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.thirdparty.io.grpc.CallOptions;
import org.apache.ratis.thirdparty.io.grpc.ManagedChannel;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyChannelBuilder;
import org.apache.ratis.thirdparty.io.grpc.stub.ClientCalls;
import org.apache.ratis.thirdparty.io.grpc.stub.StreamObserver;
import org.apache.ratis.thirdparty.io.netty.handler.ssl.SslContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The calling side of the stream to one other node. Opened at the first call, kept for as long as
 * it holds, opened anew by the first call after it broke. Thread-safe.
 */
public final class Link implements Desk, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Link.class);

  /** Silence after which the peer is asked if it is alive; gRPC allows no less. */
  public static final Duration KEEP_ALIVE = Duration.ofSeconds(10);

  private static final Duration KEEP_ALIVE_ANSWER = Duration.ofSeconds(2);

  private final String self;
  private final String cluster;
  private final String peer;
  private final ManagedChannel channel;
  private Optional<Stream> current = Optional.empty();
  private boolean closed;

  /**
   * @param self node id of this node
   * @param peer node id of the other
   * @param address Raft address of the other
   * @param tls certificates for mutual TLS; plain text without
   */
  public Link(
      String self, String cluster, String peer, HostPort address, Optional<SslContext> tls) {
    this.self = self;
    this.cluster = cluster;
    this.peer = peer;
    NettyChannelBuilder builder =
        NettyChannelBuilder.forAddress(address.host(), address.port())
            .maxInboundMessageSize(LinkMethod.FRAME_BYTES_MAX)
            // A frozen peer must not keep callers waiting for ever.
            .keepAliveTime(KEEP_ALIVE.toSeconds(), TimeUnit.SECONDS)
            .keepAliveTimeout(KEEP_ALIVE_ANSWER.toSeconds(), TimeUnit.SECONDS);
    this.channel =
        tls.map(context -> builder.sslContext(context).useTransportSecurity())
            .orElseGet(builder::usePlaintext)
            .build();
  }

  @Override
  public CompletableFuture<Answer> propose(int group, Record record) {
    return call(CallFrame.newBuilder().setGroup(group).setPropose(record))
        .thenCompose(
            frame ->
                switch (frame.getBodyCase()) {
                  case ACCEPTED ->
                      CompletableFuture.completedFuture(
                          new Answer.Accepted(frame.getIndex(), frame.getAccepted().getValue()));
                  case REFUSED ->
                      frame.getIndex() > 0
                          ? CompletableFuture.completedFuture(
                              new Answer.Refused(frame.getIndex(), frame.getRefused().getDetail()))
                          : CompletableFuture.failedFuture(refusal(group, frame));
                  case CLAIMS, CHECKSUM, EXPLAINED, BODY_NOT_SET ->
                      CompletableFuture.failedFuture(unexpected(frame));
                });
  }

  @Override
  public CompletableFuture<Attachment> attach(int group, Attach request, Receiver receiver) {
    Stream stream;
    try {
      stream = open();
    } catch (LinkException e) {
      return CompletableFuture.failedFuture(e);
    }
    return stream
        .call(CallFrame.newBuilder().setGroup(group).setAttach(request), Optional.of(receiver))
        .thenCompose(
            frame ->
                frame.getBodyCase() == AnswerFrame.BodyCase.ACCEPTED
                    ? CompletableFuture.completedFuture(
                        stream.attachment(group, request, frame.getCall()))
                    : CompletableFuture.failedFuture(refusal(group, frame)));
  }

  @Override
  public CompletableFuture<AnswerFrame> checksum(int group, long token) {
    return call(CallFrame.newBuilder()
            .setGroup(group)
            .setChecksum(ChecksumRequest.newBuilder().setToken(token)))
        .thenCompose(
            frame ->
                frame.getBodyCase() == AnswerFrame.BodyCase.CHECKSUM
                    ? CompletableFuture.completedFuture(frame)
                    : CompletableFuture.failedFuture(refusal(group, frame)));
  }

  @Override
  public CompletableFuture<Explained> explain(Explain question) {
    return call(CallFrame.newBuilder().setExplain(question))
        .thenCompose(
            frame ->
                frame.getBodyCase() == AnswerFrame.BodyCase.EXPLAINED
                    ? CompletableFuture.completedFuture(frame.getExplained())
                    : CompletableFuture.failedFuture(refusal(0, frame)));
  }

  @Override
  public void askSends(AskSends asks) {
    try {
      open().tell(CallFrame.newBuilder().setAskSends(asks));
    } catch (LinkException e) {
      log.debug("node {} was not asked for sends: {}", peer, e.getMessage());
    }
  }

  @Override
  public void askQuota(AskQuota asks) {
    try {
      open().tell(CallFrame.newBuilder().setAskQuota(asks));
    } catch (LinkException e) {
      log.debug("node {} was not asked for units of quotas: {}", peer, e.getMessage());
    }
  }

  private Throwable refusal(int group, AnswerFrame frame) {
    return frame.getBodyCase() == AnswerFrame.BodyCase.REFUSED
        ? Refusals.toException("group " + group, frame.getRefused())
        : unexpected(frame);
  }

  private LinkException unexpected(AnswerFrame frame) {
    return new LinkException("node " + peer + " answered with " + frame.getBodyCase());
  }

  private CompletableFuture<AnswerFrame> call(CallFrame.Builder frame) {
    try {
      return open().call(frame, Optional.empty());
    } catch (LinkException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private synchronized Stream open() throws LinkException {
    if (closed) {
      throw new LinkException("the link to node " + peer + " is closed");
    }
    if (current.isEmpty()) {
      // gRPC waits up to two minutes before it tries a node again that was away; callers wait
      // themselves.
      channel.resetConnectBackoff();
      Stream stream = new Stream();
      stream.start();
      current = Optional.of(stream);
    }
    return current.get();
  }

  private synchronized void forget(Stream stream) {
    if (current.isPresent() && current.get().equals(stream)) {
      current = Optional.empty();
    }
  }

  @Override
  public void close() {
    Optional<Stream> last;
    synchronized (this) {
      closed = true;
      last = current;
      current = Optional.empty();
    }
    last.ifPresent(
        stream -> stream.end(new LinkException("the link to node " + peer + " is closed")));
    channel.shutdownNow();
  }

  /** One stream from its opening to its break. */
  private final class Stream implements StreamObserver<AnswerFrame> {
    private final Map<Long, CompletableFuture<AnswerFrame>> pending = new HashMap<>();

    /** By the call of their attachment: an earlier one's claims are not a later one's. */
    private final Map<Long, Receiver> receivers = new HashMap<>();

    private Optional<StreamObserver<CallFrame>> out = Optional.empty();
    private long lastCall;
    private boolean ended;

    void start() {
      StreamObserver<CallFrame> opened =
          ClientCalls.asyncBidiStreamingCall(
              channel.newCall(LinkMethod.OPEN, CallOptions.DEFAULT), this);
      synchronized (this) {
        out = Optional.of(opened);
        opened.onNext(
            CallFrame.newBuilder()
                .setHello(Hello.newBuilder().setNode(self).setCluster(cluster))
                .build());
      }
    }

    CompletableFuture<AnswerFrame> call(CallFrame.Builder frame, Optional<Receiver> receiver) {
      CompletableFuture<AnswerFrame> answer = new CompletableFuture<>();
      synchronized (this) {
        if (ended || out.isEmpty()) {
          return CompletableFuture.failedFuture(broken(Optional.empty()));
        }
        long call = ++lastCall;
        pending.put(call, answer);
        receiver.ifPresent(to -> receivers.put(call, to));
        out.get().onNext(frame.setCall(call).build());
      }
      return answer;
    }

    /** Sends a frame that has no answer. */
    synchronized void tell(CallFrame.Builder frame) {
      if (!ended && out.isPresent()) {
        out.get().onNext(frame.setCall(++lastCall).build());
      }
    }

    Attachment attachment(int group, Attach request, long call) {
      return new Attachment() {
        @Override
        public void credit(Map<String, Integer> wanted, List<DomainLimit> limits) {
          synchronized (Stream.this) {
            if (!ended && out.isPresent()) {
              out.get()
                  .onNext(
                      CallFrame.newBuilder()
                          .setCall(call)
                          .setGroup(group)
                          .setCredit(
                              Credit.newBuilder()
                                  .setNode(request.getNode())
                                  .setEpoch(request.getEpoch())
                                  .putAllWanted(wanted)
                                  .addAllLimits(limits))
                          .build());
            }
          }
        }

        @Override
        public void close() {
          synchronized (Stream.this) {
            receivers.remove(call);
          }
          credit(Map.of(), List.of());
        }
      };
    }

    @Override
    public void onNext(AnswerFrame frame) {
      CompletableFuture<AnswerFrame> answer = null;
      Receiver receiver;
      synchronized (this) {
        // Claims can come before the answer to their attachment.
        if (frame.getBodyCase() != AnswerFrame.BodyCase.CLAIMS) {
          answer = pending.remove(frame.getCall());
        }
        receiver = receivers.get(frame.getCall());
        if (frame.getBodyCase() == AnswerFrame.BodyCase.REFUSED) {
          receivers.remove(frame.getCall());
        }
      }
      if (answer != null) {
        answer.complete(frame);
      } else if (receiver != null) {
        if (frame.getBodyCase() == AnswerFrame.BodyCase.CLAIMS) {
          receiver.claims(frame.getClaims(), frame.getIndex());
        } else {
          receiver.lost();
        }
      }
    }

    @Override
    public void onError(Throwable trouble) {
      log.debug("the stream to node {} broke: {}", peer, trouble.toString());
      end(broken(Optional.of(trouble)));
    }

    @Override
    public void onCompleted() {
      end(broken(Optional.empty()));
    }

    private LinkException broken(Optional<Throwable> trouble) {
      String text = "the stream to node " + peer + " broke";
      return trouble
          .map(cause -> new LinkException(text + ": " + cause.getMessage(), cause))
          .orElseGet(() -> new LinkException(text));
    }

    void end(LinkException why) {
      Map<Long, CompletableFuture<AnswerFrame>> unanswered;
      Map<Long, Receiver> orphans;
      Optional<StreamObserver<CallFrame>> stream;
      synchronized (this) {
        if (ended) {
          return;
        }
        ended = true;
        unanswered = Map.copyOf(pending);
        // An attachment that was not answered hears it from its call.
        receivers.keySet().removeAll(pending.keySet());
        orphans = Map.copyOf(receivers);
        pending.clear();
        receivers.clear();
        stream = out;
      }
      forget(this);
      stream.ifPresent(
          open -> {
            try {
              open.onCompleted();
            } catch (IllegalStateException e) {
              log.trace("the stream to node {} had ended already", peer, e);
            }
          });
      unanswered.values().forEach(answer -> answer.completeExceptionally(why));
      orphans.values().forEach(Receiver::lost);
    }
  }
}
