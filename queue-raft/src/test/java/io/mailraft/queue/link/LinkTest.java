package io.mailraft.queue.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mailraft.api.link.AnswerFrame;
import io.mailraft.api.link.AskQuota;
import io.mailraft.api.link.AskSends;
import io.mailraft.api.link.Attach;
import io.mailraft.api.link.DomainLimit;
import io.mailraft.api.link.Explain;
import io.mailraft.api.link.Explained;
import io.mailraft.api.link.Reason;
import io.mailraft.api.log.ClaimDeliveries;
import io.mailraft.api.log.Record;
import io.mailraft.config.HostPort;
import io.mailraft.queue.raft.Answer;
import io.mailraft.queue.raft.BusyException;
import io.mailraft.queue.raft.NotLeaderException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.ratis.thirdparty.io.grpc.Server;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyServerBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A link and the service behind it, over a real socket, with a desk that the test works. */
class LinkTest {
  private static final Record RECORD = Record.getDefaultInstance();

  private final ScriptedDesk desk = new ScriptedDesk();
  private final Server server;
  private final Link link;

  /** Notes what is asked, and answers when the test says so. */
  private static final class ScriptedDesk implements Desk {
    private final ConcurrentLinkedQueue<CompletableFuture<Answer>> proposals =
        new ConcurrentLinkedQueue<>();
    private final List<Opened> opened = new ArrayList<>();

    private final List<AskSends> asked = new CopyOnWriteArrayList<>();
    private final List<AskQuota> quotasAsked = new CopyOnWriteArrayList<>();

    private static final class Opened implements Attachment {
      private final Receiver receiver;
      private final CompletableFuture<Attachment> answer = new CompletableFuture<>();
      private volatile Map<String, Integer> credit = Map.of();
      private volatile boolean closed;

      Opened(Receiver receiver) {
        this.receiver = receiver;
      }

      @Override
      public void credit(Map<String, Integer> wanted, List<DomainLimit> limits) {
        credit = wanted;
      }

      @Override
      public void close() {
        closed = true;
      }
    }

    @Override
    public CompletableFuture<Explained> explain(Explain question) {
      return CompletableFuture.completedFuture(
          Explained.newBuilder()
              .addReasons(Reason.newBuilder().setPhase(question.getDomain()))
              .build());
    }

    @Override
    public void askQuota(AskQuota asks) {
      quotasAsked.add(asks);
    }

    @Override
    public void askSends(AskSends asks) {
      asked.add(asks);
    }

    @Override
    public CompletableFuture<Answer> propose(int group, Record record) {
      CompletableFuture<Answer> answer = new CompletableFuture<>();
      proposals.add(answer);
      return answer;
    }

    @Override
    public synchronized CompletableFuture<Attachment> attach(
        int group, Attach request, Receiver receiver) {
      Opened next = new Opened(receiver);
      opened.add(next);
      return next.answer;
    }

    @Override
    public CompletableFuture<AnswerFrame> checksum(int group, long token) {
      return CompletableFuture.completedFuture(AnswerFrame.getDefaultInstance());
    }

    synchronized Opened opened(int number) {
      return opened.get(number);
    }

    synchronized int attachments() {
      return opened.size();
    }
  }

  /** Notes what arrives. */
  private static final class Notes implements Desk.Receiver {
    private final List<Long> indexes = new ArrayList<>();
    private int lost;

    @Override
    public synchronized void claims(ClaimDeliveries claims, long index) {
      indexes.add(index);
    }

    @Override
    public synchronized void lost() {
      lost++;
    }

    synchronized List<Long> indexes() {
      return List.copyOf(indexes);
    }

    synchronized int timesLost() {
      return lost;
    }
  }

  LinkTest() throws IOException {
    server = serve(0);
    link = link("test");
  }

  private Server serve(int port) throws IOException {
    return NettyServerBuilder.forAddress(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
        .addService(new LinkService("test", desk, (node, group, index) -> {}).definition())
        .build()
        .start();
  }

  private Link link(String cluster) {
    return new Link(
        "n1", cluster, "n2", new HostPort("127.0.0.1", server.getPort()), Optional.empty());
  }

  @AfterEach
  void stop() {
    link.close();
    server.shutdownNow();
  }

  private static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - end).as("time left").isNegative();
      LockSupport.parkNanos(1_000_000);
    }
  }

  private CompletableFuture<Answer> next() {
    await(() -> !desk.proposals.isEmpty());
    return desk.proposals.remove();
  }

  private static Throwable end(CompletableFuture<?> call) {
    try {
      call.get(30, TimeUnit.SECONDS);
      throw new AssertionError("the call was answered");
    } catch (InterruptedException | java.util.concurrent.TimeoutException e) {
      throw new AssertionError(e);
    } catch (java.util.concurrent.ExecutionException e) {
      return Objects.requireNonNull(e.getCause());
    }
  }

  @Test
  void everyKindOfAnswerComesBackAsItWasGiven() throws Exception {
    CompletableFuture<Answer> accepted = link.propose(1, RECORD);
    next().complete(new Answer.Accepted(7, 9));
    assertThat(accepted.get(30, TimeUnit.SECONDS)).isEqualTo(new Answer.Accepted(7, 9));
    CompletableFuture<Answer> refused = link.propose(1, RECORD);
    next().complete(new Answer.Refused(8, "why"));
    assertThat(refused.get(30, TimeUnit.SECONDS)).isEqualTo(new Answer.Refused(8, "why"));
    CompletableFuture<Answer> elsewhere = link.propose(1, RECORD);
    next().completeExceptionally(new NotLeaderException("shard-0", Optional.of("n3")));
    assertThat(end(elsewhere)).isInstanceOf(NotLeaderException.class);
    CompletableFuture<Answer> busy = link.propose(1, RECORD);
    next().completeExceptionally(new BusyException("full"));
    assertThat(end(busy)).isInstanceOf(BusyException.class);
    CompletableFuture<Answer> invalid = link.propose(1, RECORD);
    next().completeExceptionally(new IllegalArgumentException("no"));
    assertThat(end(invalid)).isInstanceOf(IllegalArgumentException.class);

    CompletableFuture<Answer> older = link.propose(1, RECORD);
    next().completeExceptionally(new OlderNodeException("upgrade n2"));
    assertThat(end(older)).isInstanceOf(OlderNodeException.class).hasMessage("upgrade n2");
  }

  @Test
  void aNodeOfAnotherClusterIsRefused() {
    try (Link stranger = link("other")) {
      assertThat(end(stranger.propose(1, RECORD))).isInstanceOf(LinkException.class);
      assertThat(desk.proposals).isEmpty();
    }
  }

  @Test
  void aBrokenStreamEndsEveryCallAndAttachmentAndTheNextCallOpensAnother() throws Exception {
    int port = server.getPort();
    Notes notes = new Notes();
    CompletableFuture<Desk.Attachment> attached =
        link.attach(1, Attach.getDefaultInstance(), notes);
    await(() -> desk.attachments() == 1);
    desk.opened(0).answer.complete(desk.opened(0));
    attached.get(30, TimeUnit.SECONDS);
    CompletableFuture<Answer> first = link.propose(1, RECORD);
    CompletableFuture<Answer> second = link.propose(1, RECORD);
    await(() -> desk.proposals.size() == 2);
    server.shutdownNow().awaitTermination(30, TimeUnit.SECONDS);
    assertThat(end(first)).isInstanceOf(LinkException.class);
    assertThat(end(second)).isInstanceOf(LinkException.class);
    await(() -> notes.timesLost() == 1);
    await(() -> desk.opened(0).closed);
    desk.proposals.clear();
    Server next = serve(port);
    await(
        () -> {
          CompletableFuture<Answer> again = link.propose(1, RECORD);
          await(() -> again.isDone() || !desk.proposals.isEmpty());
          return !desk.proposals.isEmpty();
        });
    next.shutdownNow();
  }

  @Test
  void aPeerThatFreezesIsNoticed() throws Exception {
    try (Relay relay = new Relay(server.getPort());
        Link to =
            new Link(
                "n1", "test", "n2", new HostPort("127.0.0.1", relay.port()), Optional.empty())) {
      CompletableFuture<Answer> before = to.propose(1, RECORD);
      next().complete(new Answer.Accepted(1, 1));
      before.get(30, TimeUnit.SECONDS);
      relay.freeze();
      CompletableFuture<Answer> call = to.propose(1, RECORD);
      assertThat(end(call)).isInstanceOf(LinkException.class);
    }
  }

  @Test
  void i4_lateClaimsOfAnEarlierAttachmentDoNotReachTheNextOne() throws Exception {
    Notes first = new Notes();
    CompletableFuture<Desk.Attachment> one = link.attach(1, Attach.getDefaultInstance(), first);
    await(() -> desk.attachments() == 1);
    desk.opened(0).answer.complete(desk.opened(0));
    one.get(30, TimeUnit.SECONDS).close();
    Notes second = new Notes();
    CompletableFuture<Desk.Attachment> two = link.attach(1, Attach.getDefaultInstance(), second);
    await(() -> desk.attachments() == 2);
    desk.opened(0).receiver.claims(ClaimDeliveries.getDefaultInstance(), 11);
    desk.opened(0).receiver.lost();
    desk.opened(1).receiver.claims(ClaimDeliveries.getDefaultInstance(), 12);
    desk.opened(1).answer.complete(desk.opened(1));
    two.get(30, TimeUnit.SECONDS);
    await(() -> !second.indexes().isEmpty());
    assertThat(second.indexes()).containsExactly(12L);
    assertThat(first.indexes()).isEmpty();
    assertThat(second.timesLost()).isZero();
  }

  @Test
  void closingAnEarlierAttachmentTakesNoCreditFromTheNextOne() throws Exception {
    CompletableFuture<Desk.Attachment> one =
        link.attach(1, Attach.getDefaultInstance(), new Notes());
    CompletableFuture<Desk.Attachment> two =
        link.attach(1, Attach.getDefaultInstance(), new Notes());
    await(() -> desk.attachments() == 2);
    desk.opened(0).answer.complete(desk.opened(0));
    desk.opened(1).answer.complete(desk.opened(1));
    two.get(30, TimeUnit.SECONDS).credit(Map.of("default", 5), List.of());
    one.get(30, TimeUnit.SECONDS).close();
    CompletableFuture<Answer> behind = link.propose(1, RECORD);
    next().complete(new Answer.Accepted(1, 1));
    behind.get(30, TimeUnit.SECONDS);
    assertThat(desk.opened(1).credit).isEqualTo(Map.of("default", 5));
  }

  @Test
  void aQuestionAboutADeliveryIsAnswered() throws Exception {
    Explained said =
        link.explain(Explain.newBuilder().setDomain("example.com").build())
            .get(30, TimeUnit.SECONDS);
    assertThat(said.getReasons(0).getPhase()).isEqualTo("example.com");
  }

  @Test
  void questionsForSendsArriveInOrderAndHaveNoAnswer() {
    for (int node = 1; node <= 100; node++) {
      link.askSends(AskSends.newBuilder().setNode(node).build());
    }
    await(() -> desk.asked.size() == 100);
    assertThat(desk.asked).extracting(AskSends::getNode).isSorted();
    link.askQuota(AskQuota.newBuilder().setNode(7).build());
    await(() -> !desk.quotasAsked.isEmpty());
    assertThat(desk.quotasAsked).extracting(AskQuota::getNode).containsExactly(7);
  }

  @Test
  void aStreamThatItsCallerLeftIsWrittenToWithoutHarm() throws Exception {
    CompletableFuture<Desk.Attachment> attached =
        link.attach(1, Attach.getDefaultInstance(), new Notes());
    await(() -> desk.attachments() == 1);
    desk.opened(0).answer.complete(desk.opened(0));
    attached.get(30, TimeUnit.SECONDS);
    link.close();
    for (int i = 0; i < 1000 || !desk.opened(0).closed; i++) {
      // As from the thread that applies the log, which must not hear of the caller's death.
      desk.opened(0).receiver.claims(ClaimDeliveries.getDefaultInstance(), i);
    }
    assertThatThrownBy(() -> link.propose(1, RECORD).get(30, TimeUnit.SECONDS))
        .hasCauseInstanceOf(LinkException.class);
  }
}
