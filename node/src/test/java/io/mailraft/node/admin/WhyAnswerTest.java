package io.mailraft.node.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.api.admin.WaitReason;
import io.mailraft.api.admin.WaitingDelivery;
import io.mailraft.api.admin.WhyRequest;
import io.mailraft.api.admin.WhyResponse;
import io.mailraft.api.link.Explain;
import io.mailraft.api.link.Explained;
import io.mailraft.api.link.Reason;
import io.mailraft.api.log.Envelope;
import io.mailraft.api.log.Recipient;
import io.mailraft.queue.Queue;
import io.mailraft.queue.Upload;
import io.mailraft.queue.control.Duties;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Against the queue of a node that is a cluster of its own and delivers nothing. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WhyAnswerTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int ASKED = 20;

  private final SlowHost host = new SlowHost();
  private Optional<Queue> opened = Optional.empty();

  /** Answers once it was asked of so many deliveries, and of none before; or at once. */
  private static final class SlowHost implements Queue.Host {
    private final List<CompletableFuture<Explained>> asked = new ArrayList<>();
    private Optional<Explained> says = Optional.empty();

    @Override
    public void obey(Duties duties) {
      // There is nothing to do.
    }

    @Override
    public boolean obeyed() {
      return true;
    }

    @Override
    public synchronized CompletableFuture<Explained> explain(Explain question) {
      if (says.isPresent()) {
        return CompletableFuture.completedFuture(says.get());
      }
      CompletableFuture<Explained> answer = new CompletableFuture<>();
      asked.add(answer);
      if (asked.size() == ASKED) {
        Explained said =
            Explained.newBuilder().addReasons(Reason.newBuilder().setPhase("asked")).build();
        asked.forEach(each -> each.complete(said));
        asked.clear();
      }
      return answer;
    }
  }

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    Queue queue = LoneQueue.of(directory, host);
    opened = Optional.of(queue);
    queue.start();
    queue.joined().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    assertThat(queue.documents().await(1, PATIENCE)).isTrue();
  }

  @AfterAll
  void stop() {
    opened.ifPresent(Queue::close);
  }

  private Queue queue() {
    return opened.orElseThrow();
  }

  private String submit(int recipients) throws Exception {
    List<Recipient> all = new ArrayList<>();
    for (int seq = 1; seq <= recipients; seq++) {
      all.add(
          Recipient.newBuilder()
              .setSeq(seq)
              .setAddress("user" + seq + "@to.example")
              .setZone("default")
              .setDomain("to.example")
              .build());
    }
    try (Upload upload = queue().begin()) {
      upload.write(ByteBuffer.wrap(new byte[10]));
      upload.commit(Envelope.newBuilder().setSender("you@example.com").build(), all);
      return upload.id().toString();
    }
  }

  private WhyResponse why(String id) {
    return new WhyAnswer(queue(), InstantSource.system())
        .answer(WhyRequest.newBuilder().setId(id).build());
  }

  private static List<String> phases(WaitingDelivery delivery) {
    return delivery.getReasonsList().stream().map(WaitReason::getPhase).toList();
  }

  @Test
  void nodesAreAskedOfAllDeliveriesAtTheSameTimeAndOfNoMoreThanTwenty() throws Exception {
    WhyResponse answer = why(submit(ASKED + 5));
    assertThat(answer.getMore()).isFalse();
    assertThat(answer.getDeliveriesList().subList(0, ASKED))
        .allSatisfy(delivery -> assertThat(phases(delivery)).containsExactly("asked"));
    assertThat(answer.getDeliveriesList().subList(ASKED, ASKED + 5))
        .allSatisfy(delivery -> assertThat(phases(delivery)).containsExactly("not asked"));
  }

  @Test
  void whoDoesNotAnswerIsNamedAndTheStateIsToldOfEveryDelivery() throws Exception {
    String id = submit(3);
    assertThat(why(id).getDeliveriesList())
        .allSatisfy(delivery -> assertThat(phases(delivery)).containsExactly("no answer"));
    synchronized (host) {
      host.asked.clear();
    }
  }

  private List<String> phasesWhereItAwaits(String node) throws Exception {
    synchronized (host) {
      host.says =
          Optional.of(
              Explained.newBuilder()
                  .addReasons(Reason.newBuilder().setPhase("its turn"))
                  .addReasons(Reason.newBuilder().setPhase("its source").setAwaited(node))
                  .build());
    }
    try {
      return phases(why(submit(1)).getDeliveries(0));
    } finally {
      synchronized (host) {
        host.says = Optional.empty();
      }
    }
  }

  @Test
  void whereItWaitsForOneNodeAloneWhatOthersWaitForIsLeftOut() throws Exception {
    assertThat(phasesWhereItAwaits("elsewhere")).containsExactly("its source");
    String self = queue().cluster().nodes().values().iterator().next().name();
    assertThat(phasesWhereItAwaits(self)).containsExactly("its turn", "its source");
  }

  @Test
  void aMessageWithMoreDeliveriesThanAreToldOfSaysSo() throws Exception {
    WhyResponse answer = why(submit(1001));
    assertThat(answer.getDeliveriesCount()).isEqualTo(1000);
    assertThat(answer.getMore()).isTrue();
  }
}
