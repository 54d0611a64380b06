package io.mailraft.queue.raft;

import io.mailraft.api.member.Acquaintance;
import io.mailraft.api.member.Introduction;
import io.mailraft.config.HostPort;
import io.mailraft.queue.store.StoreException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.thirdparty.io.grpc.CallOptions;
import org.apache.ratis.thirdparty.io.grpc.ManagedChannel;
import org.apache.ratis.thirdparty.io.grpc.StatusRuntimeException;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyChannelBuilder;
import org.apache.ratis.thirdparty.io.grpc.stub.ClientCalls;
import org.apache.ratis.thirdparty.io.netty.handler.ssl.SslContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Introduces this node's storage to the other nodes.
 *
 * <p>The argument. A node's promises, votes and acknowledged entries, count only together with
 * those of a majority. Of n nodes with majorities of m, every majority with this node in it holds m
 * - 1 of the other n - 1; so it has a node in common with any n - m + 1 of the others, which is
 * {@link #needed}. A storage becomes a member once that many others have its number on disk. If the
 * disk is emptied, the new storage needs as many, one of which knows the old number and refuses it:
 * a node that may have promised anything is never taken for one that has not. A storage that
 * rejoins hears as many, and so one node of every election and every commit that the old one took
 * part in.
 *
 * <p>So a cluster of three can be formed only while all three are up, and later starts need nobody.
 */
final class Admission {
  private static final Logger LOG = LoggerFactory.getLogger(Admission.class);
  private static final long CALL_MILLIS_MAX = 2_000;
  private static final long RETRY_MILLIS = 100;
  private static final long TOLD_EVERY = 100;
  private static final int ANSWER_BYTES_MAX = 1 << 20;

  private final HostSettings settings;
  private final Optional<SslContext> tls;
  private final Membership membership;

  Admission(HostSettings settings, Optional<SslContext> tls, Membership membership) {
    this.settings = settings;
    this.tls = tls;
    this.membership = membership;
  }

  /** How many other nodes must know a storage before it counts. */
  static int needed(int nodes) {
    return nodes == 1 ? 0 : nodes - (nodes / 2 + 1) + 1;
  }

  /**
   * Asks until enough others know this storage.
   *
   * @param rejoin whether it takes the place of whatever they knew
   * @param everyone whether to go on until all of them know it
   * @return their answers, by node
   * @throws StoreException if one of them knows another storage of this node
   * @throws InterruptedException if told to stop
   */
  Map<String, Acquaintance> introduce(boolean rejoin, boolean everyone)
      throws InterruptedException {
    Map<String, HostPort> others = new TreeMap<>(settings.peers());
    others.remove(settings.node());
    int enough = everyone ? others.size() : needed(settings.peers().size());
    Introduction words =
        Introduction.newBuilder()
            .setCluster(settings.cluster())
            .setNode(settings.node())
            .setStorage(membership.storage())
            .setRejoin(rejoin)
            .build();
    Map<String, ManagedChannel> channels = new TreeMap<>();
    Map<String, Acquaintance> answers = new TreeMap<>();
    try {
      others.forEach((node, address) -> channels.put(node, open(address)));
      for (long round = 0; answers.size() < enough; round++) {
        for (Map.Entry<String, ManagedChannel> peer : channels.entrySet()) {
          if (!answers.containsKey(peer.getKey())) {
            ask(peer.getKey(), peer.getValue(), words)
                .ifPresent(answer -> answers.put(peer.getKey(), answer));
          }
        }
        if (answers.size() < enough) {
          if (!everyone && round % TOLD_EVERY == TOLD_EVERY / 4) {
            Set<String> missing = new HashSet<>(others.keySet());
            missing.removeAll(answers.keySet());
            LOG.warn(
                "this node has an empty data directory, and takes part once {} other nodes have"
                    + " seen it; no answer from {} yet",
                enough,
                missing);
          }
          // Nobody tells when another node comes up.
          TimeUnit.MILLISECONDS.sleep(everyone ? 10 * RETRY_MILLIS : RETRY_MILLIS);
        }
      }
      return answers;
    } finally {
      channels.values().forEach(ManagedChannel::shutdownNow);
    }
  }

  private Optional<Acquaintance> ask(String node, ManagedChannel channel, Introduction words)
      throws InterruptedException {
    try {
      Acquaintance answer =
          ClientCalls.blockingUnaryCall(
              channel,
              MemberService.INTRODUCE,
              CallOptions.DEFAULT.withDeadlineAfter(CALL_MILLIS_MAX, TimeUnit.MILLISECONDS),
              words);
      return switch (answer.getVerdict()) {
        case KNOWN -> Optional.of(answer);
        case OTHER_STORAGE -> throw new StoreException(strange(node));
        case NOT_YET, VERDICT_UNSPECIFIED, UNRECOGNIZED -> Optional.empty();
      };
    } catch (StatusRuntimeException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      LOG.debug("{} does not answer: {}", node, e.getMessage());
      return Optional.empty();
    }
  }

  private String strange(String node) {
    return "node "
        + settings.node()
        + " had another data directory when "
        + node
        + " saw it first: "
        + settings.directory()
        + " was emptied, replaced or restored from a copy. What it had promised the others is not in"
        + " it, so it may not vote. Have it fetch everything anew from them: \"mailraft node"
        + " rejoin\"";
  }

  private ManagedChannel open(HostPort address) {
    NettyChannelBuilder builder =
        NettyChannelBuilder.forAddress(address.host(), address.port())
            .maxInboundMessageSize(ANSWER_BYTES_MAX);
    return tls.map(context -> builder.sslContext(context).useTransportSecurity())
        .orElseGet(builder::usePlaintext)
        .build();
  }

  /** The highest term of each group in these answers. */
  static Map<String, Long> terms(List<String> groups, Map<String, Acquaintance> answers) {
    Map<String, Long> highest = new TreeMap<>();
    for (Acquaintance answer : new ArrayList<>(answers.values())) {
      for (String group : groups) {
        highest.merge(group, answer.getTermsOrDefault(group, 0), Math::max);
      }
    }
    return highest;
  }
}
