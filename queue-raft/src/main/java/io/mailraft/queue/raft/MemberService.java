package io.mailraft.queue.raft;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.mailraft.api.member.Acquaintance;
import io.mailraft.api.member.Acquaintance.Verdict;
import io.mailraft.api.member.Introduction;
import io.mailraft.api.member.Storage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.ratis.thirdparty.io.grpc.MethodDescriptor;
import org.apache.ratis.thirdparty.io.grpc.ServerServiceDefinition;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.apache.ratis.thirdparty.io.grpc.stub.ServerCalls;
import org.apache.ratis.thirdparty.io.grpc.stub.StreamObserver;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where other nodes introduce their storages, on the Raft port. */
final class MemberService {
  private static final Logger LOG = LoggerFactory.getLogger(MemberService.class);
  private static final String SERVICE = "mailraft.Members";

  static final MethodDescriptor<Introduction, Acquaintance> INTRODUCE =
      MethodDescriptor.<Introduction, Acquaintance>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, "Introduce"))
          .setRequestMarshaller(new Frames<>(Introduction.parser()))
          .setResponseMarshaller(new Frames<>(Acquaintance.parser()))
          .build();

  private final String cluster;
  private final Set<String> nodes;
  private final Membership membership;
  private final Supplier<Optional<Map<String, Long>>> terms;

  /**
   * @param nodes every node of the cluster
   * @param terms current term of each group by its name; empty until all of them are open
   */
  MemberService(
      String cluster,
      Set<String> nodes,
      Membership membership,
      Supplier<Optional<Map<String, Long>>> terms) {
    this.cluster = cluster;
    this.nodes = nodes;
    this.membership = membership;
    this.terms = terms;
  }

  ServerServiceDefinition definition() {
    return ServerServiceDefinition.builder(SERVICE)
        .addMethod(INTRODUCE, ServerCalls.asyncUnaryCall(this::introduce))
        .build();
  }

  private void introduce(Introduction asked, StreamObserver<Acquaintance> answer) {
    if (!asked.getCluster().equals(cluster) || !nodes.contains(asked.getNode())) {
      answer.onError(
          Status.PERMISSION_DENIED
              .withDescription("this is cluster " + cluster + " of " + nodes)
              .asRuntimeException());
      return;
    }
    try {
      Acquaintance made = asked.getRejoin() ? replaced(asked) : met(asked);
      answer.onNext(made);
      answer.onCompleted();
    } catch (IOException e) {
      LOG.error("the storage of {} cannot be noted", asked.getNode(), e);
      answer.onError(Status.INTERNAL.withDescription(e.getMessage()).asRuntimeException());
    }
  }

  private Acquaintance met(Introduction asked) throws IOException {
    boolean known = membership.meet(asked.getNode(), asked.getStorage());
    return Acquaintance.newBuilder()
        .setVerdict(known ? Verdict.KNOWN : Verdict.OTHER_STORAGE)
        .build();
  }

  private Acquaintance replaced(Introduction asked) throws IOException {
    Optional<Map<String, Long>> now = terms.get();
    if (membership.state() != Membership.State.MEMBER || now.isEmpty()) {
      return Acquaintance.newBuilder().setVerdict(Verdict.NOT_YET).build();
    }
    Storage known = membership.replace(asked.getNode(), asked.getStorage());
    LOG.warn(
        "{} rejoins with an empty storage, its generation {}",
        asked.getNode(),
        known.getGeneration());
    return Acquaintance.newBuilder()
        .setVerdict(Verdict.KNOWN)
        .putAllTerms(now.get())
        .putAllStorages(membership.peers())
        .build();
  }

  /** Protocol Buffers of our own version over Ratis' gRPC, which carries another. */
  private record Frames<M extends MessageLite>(Parser<M> parser)
      implements MethodDescriptor.Marshaller<M> {
    @Override
    public InputStream stream(M message) {
      return new ByteArrayInputStream(message.toByteArray());
    }

    @Override
    public M parse(InputStream stream) {
      try {
        return parser.parseFrom(stream);
      } catch (InvalidProtocolBufferException e) {
        throw Status.INVALID_ARGUMENT.withCause(e).asRuntimeException();
      }
    }
  }
}
