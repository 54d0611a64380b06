package io.mailraft.queue.link;

import io.mailraft.api.link.Accepted;
import io.mailraft.api.link.AnswerFrame;
import io.mailraft.api.link.Attach;
import io.mailraft.api.link.CallFrame;
import io.mailraft.api.link.Refused;
import io.mailraft.api.log.ClaimDeliveries;
import io.mailraft.queue.raft.Answer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.thirdparty.io.grpc.ServerServiceDefinition;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.apache.ratis.thirdparty.io.grpc.stub.ServerCallStreamObserver;
import org.apache.ratis.thirdparty.io.grpc.stub.ServerCalls;
import org.apache.ratis.thirdparty.io.grpc.stub.StreamObserver;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The called side of the streams between nodes: calls come in, this node's {@link Desk} does them.
 */
public final class LinkService {
  private static final Logger log = LoggerFactory.getLogger(LinkService.class);

  private final String cluster;
  private final Desk desk;
  private final Teller teller;

  /** Tells nodes what is committed. */
  @FunctionalInterface
  public interface Teller {
    /**
     * Tells a node at once that a group's log is committed up to an index. Must not block.
     *
     * @param node its id
     */
    void tell(String node, int group, long index);
  }

  /**
   * @param teller tells those who get claims, since they read the messages from their own replicas
   */
  public LinkService(String cluster, Desk desk, Teller teller) {
    this.cluster = cluster;
    this.desk = desk;
    this.teller = teller;
  }

  /** The gRPC service, to be added to the Raft port. */
  public ServerServiceDefinition definition() {
    return ServerServiceDefinition.builder(LinkMethod.SERVICE)
        .addMethod(LinkMethod.OPEN, ServerCalls.asyncBidiStreamingCall(Stream::new))
        .build();
  }

  /** One node's stream. gRPC calls it in order; answers come from any thread and take the lock. */
  private final class Stream implements StreamObserver<CallFrame> {
    private final StreamObserver<AnswerFrame> out;
    private final Map<Integer, Attached> attachments = new HashMap<>();
    private Optional<String> caller = Optional.empty();
    private boolean live = true;

    /**
     * Open claims of the caller on one shard.
     *
     * @param call the call that opened them, which later frames name
     */
    private record Attached(long call, CompletableFuture<Desk.Attachment> attachment) {
      void close() {
        var _ = attachment.thenAccept(Desk.Attachment::close);
      }
    }

    Stream(StreamObserver<AnswerFrame> out) {
      this.out = out;
      if (out instanceof ServerCallStreamObserver<AnswerFrame> call) {
        // Without one, writing to a stream that was just lost would throw, and who writes may be
        // the thread that applies the log.
        call.setOnCancelHandler(this::lost);
      }
    }

    @Override
    public void onNext(CallFrame frame) {
      if (frame.getBodyCase() == CallFrame.BodyCase.HELLO) {
        hello(frame);
        return;
      }
      if (caller.isEmpty()) {
        end(Status.FAILED_PRECONDITION.withDescription("a stream starts with Hello"));
        return;
      }
      int group = frame.getGroup();
      switch (frame.getBodyCase()) {
        case PROPOSE -> answer(frame, desk.propose(group, frame.getPropose()).thenApply(this::of));
        case ATTACH -> attach(frame);
        case CREDIT -> {
          Attached attached = attachments.get(group);
          if (attached != null && attached.call() == frame.getCall()) {
            var _ =
                attached
                    .attachment()
                    .thenAccept(
                        open ->
                            open.credit(
                                frame.getCredit().getWantedMap(),
                                frame.getCredit().getLimitsList()));
          }
        }
        case EXPLAIN ->
            answer(
                frame,
                desk.explain(frame.getExplain())
                    .thenApply(said -> AnswerFrame.newBuilder().setExplained(said)));
        case ASK_SENDS -> desk.askSends(frame.getAskSends());
        case ASK_QUOTA -> desk.askQuota(frame.getAskQuota());
        case CHECKSUM ->
            answer(
                frame,
                desk.checksum(group, frame.getChecksum().getToken())
                    .thenApply(AnswerFrame::toBuilder));
        case HELLO, BODY_NOT_SET ->
            answer(
                frame,
                CompletableFuture.failedFuture(
                    new IllegalArgumentException("a call of an unknown kind")));
      }
    }

    private void hello(CallFrame frame) {
      if (!frame.getHello().getCluster().equals(cluster)) {
        log.warn(
            "node {} of cluster {} called; this is cluster {}",
            frame.getHello().getNode(),
            frame.getHello().getCluster(),
            cluster);
        end(Status.PERMISSION_DENIED.withDescription("this is cluster " + cluster));
        return;
      }
      caller = Optional.of(frame.getHello().getNode());
    }

    private void attach(CallFrame frame) {
      int group = frame.getGroup();
      Attach request = frame.getAttach();
      Attached before = attachments.remove(group);
      if (before != null) {
        before.close();
      }
      CompletableFuture<Desk.Attachment> attachment =
          desk.attach(
              group,
              request,
              new Desk.Receiver() {
                @Override
                public void claims(ClaimDeliveries claims, long index) {
                  emit(
                      AnswerFrame.newBuilder()
                          .setCall(frame.getCall())
                          .setGroup(group)
                          .setClaims(claims)
                          .setIndex(index)
                          .build());
                  caller.ifPresent(node -> teller.tell(node, group, index));
                }

                @Override
                public void lost() {
                  emit(
                      AnswerFrame.newBuilder()
                          .setCall(frame.getCall())
                          .setGroup(group)
                          .setRefused(Refused.newBuilder().setReason(Refused.Reason.NOT_LEADER))
                          .build());
                }
              });
      attachments.put(group, new Attached(frame.getCall(), attachment));
      answer(
          frame,
          attachment.thenApply(
              open -> AnswerFrame.newBuilder().setAccepted(Accepted.getDefaultInstance())));
    }

    private AnswerFrame.Builder of(Answer answer) {
      return switch (answer) {
        case Answer.Accepted(long index, long value) ->
            AnswerFrame.newBuilder()
                .setIndex(index)
                .setAccepted(Accepted.newBuilder().setValue(value));
        case Answer.Refused(long index, String detail) ->
            // An index tells a refusal by the state from one by this node.
            AnswerFrame.newBuilder()
                .setIndex(index)
                .setRefused(
                    Refused.newBuilder().setReason(Refused.Reason.INVALID).setDetail(detail));
      };
    }

    private void answer(CallFrame frame, CompletableFuture<AnswerFrame.Builder> answer) {
      var _ =
          answer.handle(
              (value, trouble) -> {
                AnswerFrame.Builder out =
                    trouble == null
                        ? value
                        : AnswerFrame.newBuilder().setRefused(Refusals.toFrame(trouble));
                emit(out.setCall(frame.getCall()).setGroup(frame.getGroup()).build());
                return null;
              });
    }

    private synchronized void emit(AnswerFrame frame) {
      if (live) {
        try {
          out.onNext(frame);
        } catch (RuntimeException e) {
          // The stream ended by itself; its end is told on its own thread.
          live = false;
          log.debug("nothing more is written to node {}", caller.orElse("?"), e);
        }
      }
    }

    private synchronized void lost() {
      live = false;
    }

    private void end(Status status) {
      synchronized (this) {
        if (live) {
          live = false;
          out.onError(status.asRuntimeException());
        }
      }
      closeAttachments();
    }

    private void closeAttachments() {
      attachments.values().forEach(Attached::close);
      attachments.clear();
    }

    @Override
    public void onError(Throwable trouble) {
      log.debug("the stream of node {} ended: {}", caller.orElse("?"), trouble.toString());
      lost();
      closeAttachments();
    }

    @Override
    public void onCompleted() {
      synchronized (this) {
        if (live) {
          live = false;
          out.onCompleted();
        }
      }
      closeAttachments();
    }
  }
}
