package io.mailraft.queue.raft;

import io.mailraft.api.member.Acquaintance;
import io.mailraft.api.member.Introduction;
import io.mailraft.config.HostPort;
import io.mailraft.queue.store.StoreException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.thirdparty.com.google.common.util.concurrent.ListenableFuture;
import org.apache.ratis.thirdparty.io.grpc.CallOptions;
import org.apache.ratis.thirdparty.io.grpc.ManagedChannel;
import org.apache.ratis.thirdparty.io.grpc.Status;
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
 * A later start still asks whoever is up before it opens its groups, so that the directory of a
 * storage that was replaced is refused before it votes.
 */
final class Admission {
  private static final Logger LOG = LoggerFactory.getLogger(Admission.class);

  /** Longest wait for an answer; a start waits as long for a node that is frozen. */
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
   * Asks each of the others once, so that a storage that one of them would refuse is refused before
   * it votes. Who does not answer within {@link #CALL_MILLIS_MAX} is passed over.
   *
   * @throws StoreException if one of them knows another storage of this node
   */
  void announce() throws InterruptedException {
    try (Round round = new Round(false)) {
      round.ask();
    }
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
    int enough = everyone ? settings.peers().size() - 1 : needed(settings.peers().size());
    try (Round round = new Round(rejoin)) {
      round.ask();
      for (long asked = 1; round.answers.size() < enough; asked++) {
        if (asked % TOLD_EVERY == TOLD_EVERY / 4) {
          LOG.warn(
              "{}; no answer from {}",
              everyone
                  ? "not all nodes of the cluster have noted this one's storage yet"
                  : "this node has an empty data directory, and takes part once "
                      + enough
                      + " other nodes have noted its storage",
              round.refusals);
        }
        // Nobody tells when another node comes up.
        TimeUnit.MILLISECONDS.sleep(everyone ? 10 * RETRY_MILLIS : RETRY_MILLIS);
        round.ask();
      }
      return round.answers;
    }
  }

  /** The others, asked again and again until they answer. */
  private final class Round implements AutoCloseable {
    private final Introduction words;
    private final Map<String, ManagedChannel> channels = new TreeMap<>();
    private final Map<String, Acquaintance> answers = new TreeMap<>();

    /** Who has not answered as wished, and why not. */
    private final Map<String, String> refusals = new TreeMap<>();

    Round(boolean rejoin) {
      words =
          Introduction.newBuilder()
              .setCluster(settings.cluster())
              .setNode(settings.node())
              .setStorage(membership.storage())
              .setRejoin(rejoin)
              .build();
      settings
          .peers()
          .forEach(
              (node, address) -> {
                if (!node.equals(settings.node())) {
                  channels.put(node, open(address));
                }
              });
    }

    /** Asks those that have not answered yet, all at once. */
    void ask() throws InterruptedException {
      Map<String, ListenableFuture<Acquaintance>> asked = new TreeMap<>();
      channels.forEach(
          (node, channel) -> {
            if (!answers.containsKey(node)) {
              // gRPC waits up to two minutes before it tries a node again that was away.
              channel.resetConnectBackoff();
              asked.put(
                  node,
                  ClientCalls.futureUnaryCall(
                      channel.newCall(
                          MemberService.INTRODUCE,
                          CallOptions.DEFAULT.withDeadlineAfter(
                              CALL_MILLIS_MAX, TimeUnit.MILLISECONDS)),
                      words));
            }
          });
      for (Map.Entry<String, ListenableFuture<Acquaintance>> call : asked.entrySet()) {
        note(call.getKey(), call.getValue());
      }
    }

    private void note(String node, ListenableFuture<Acquaintance> call)
        throws InterruptedException {
      try {
        Acquaintance answer = call.get();
        switch (answer.getVerdict()) {
          case KNOWN -> {
            answers.put(node, answer);
            refusals.remove(node);
          }
          case OTHER_STORAGE -> throw new StoreException(strange(node));
          case NOT_YET -> refusals.put(node, "it cannot vouch for anything yet");
          case VERDICT_UNSPECIFIED, UNRECOGNIZED ->
              refusals.put(node, "its answer is of another version");
        }
      } catch (ExecutionException e) {
        refusals.put(node, String.valueOf(Status.fromThrowable(e).getDescription()));
        LOG.debug("{} does not answer", node, e);
      }
    }

    @Override
    public void close() {
      channels.values().forEach(ManagedChannel::shutdownNow);
    }
  }

  private String strange(String node) {
    return "node "
        + settings.node()
        + " had another data directory when "
        + node
        + " saw it first: "
        + settings.directory()
        + " was emptied or replaced. What it had promised the others is not in"
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
    for (Acquaintance answer : answers.values()) {
      for (String group : groups) {
        highest.merge(group, answer.getTermsOrDefault(group, 0), Math::max);
      }
    }
    return highest;
  }
}
