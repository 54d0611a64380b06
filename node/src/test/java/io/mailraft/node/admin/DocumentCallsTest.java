package io.mailraft.node.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.mailraft.api.admin.ApplyDocumentRequest;
import io.mailraft.api.admin.ApplyDocumentResponse;
import io.mailraft.api.admin.DocumentVersion;
import io.mailraft.api.admin.GetDocumentRequest;
import io.mailraft.api.admin.GetDocumentResponse;
import io.mailraft.api.link.Explain;
import io.mailraft.api.link.Explained;
import io.mailraft.queue.Documents;
import io.mailraft.queue.Queue;
import io.mailraft.queue.control.Duties;
import io.mailraft.queue.shard.Depth;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Against the queue of a node that is a cluster of its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DocumentCallsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Depth SOME = new Depth(2, 0, 1, 0);

  private final Map<String, Depth> mail = new ConcurrentHashMap<>();
  private final List<AutoCloseable> opened = new ArrayList<>();
  private Optional<Documents> documents = Optional.empty();

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    Queue queue = LoneQueue.of(directory, new IdleHost());
    opened.add(queue);
    queue.start();
    queue.joined().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    assertThat(queue.documents().await(1, PATIENCE)).isTrue();
    documents = Optional.of(queue.documents());
  }

  @AfterAll
  void stop() throws Exception {
    for (AutoCloseable each : opened) {
      each.close();
    }
  }

  private DocumentCalls calls() {
    return new DocumentCalls(documents.orElseThrow(), () -> mail);
  }

  private long present() {
    return documents.orElseThrow().present().version();
  }

  private ApplyDocumentResponse apply(String yaml, Consumer<ApplyDocumentRequest.Builder> change) {
    ApplyDocumentRequest.Builder request =
        ApplyDocumentRequest.newBuilder().setYaml(yaml).setAuthor("ann");
    change.accept(request);
    return calls().apply(request.build());
  }

  private ApplyDocumentResponse apply(String yaml) {
    return apply(yaml, request -> {});
  }

  private static void assertRefused(Status.Code code, String text, ThrowingCallable call) {
    StatusRuntimeException refusal = catchThrowableOfType(StatusRuntimeException.class, call);
    assertThat(refusal).isNotNull();
    assertThat(refusal.getStatus().getCode()).isEqualTo(code);
    assertThat(refusal.getStatus().getDescription()).contains(text);
  }

  @Test
  void aTextBecomesTheNextVersionAsItWasWritten() {
    String text = "# ours\nzones:\n  eu: { connections: 5 }   # few\n";
    long before = present();
    ApplyDocumentResponse answer = apply(text, request -> request.setComment("five"));
    assertThat(answer.getVersion()).isEqualTo(before + 1);
    assertThat(answer.getPreviousVersion()).isEqualTo(before);
    assertThat(answer.getChanged()).isTrue();
    assertThat(answer.getDiff())
        .startsWith(
            "--- cluster document %d\n+++ cluster document %d\n".formatted(before, before + 1))
        .contains("+  eu: { connections: 5 }   # few\n");
    GetDocumentResponse got = calls().get(GetDocumentRequest.getDefaultInstance());
    assertThat(got.getYaml()).isEqualTo(text);
    assertThat(got.getAuthor()).isEqualTo("ann");
    assertThat(got.getComment()).isEqualTo("five");
    assertThat(got.getStampMillis()).isPositive();
    assertThat(calls().get(GetDocumentRequest.newBuilder().setWithVersion(true).build()).getYaml())
        .isEqualTo(
            "# ours\nversion: %d\nzones:\n  eu: { connections: 5 }   # few\n"
                .formatted(before + 1));
  }

  @Test
  void whatSaysTheSameMakesNoVersion() {
    apply("zones: { same: {} }\n");
    long before = present();
    ApplyDocumentResponse again = apply("zones: { same: {} }");
    assertThat(again.getChanged()).isFalse();
    assertThat(again.getVersion()).isEqualTo(before);
    assertThat(again.getDiff()).isEmpty();
    assertThat(apply("version: " + before + "\nzones: { same: {} }").getChanged()).isFalse();
    assertThat(present()).isEqualTo(before);
  }

  @Test
  void aDryRunChangesNothingButRefusesAll() {
    long before = present();
    ApplyDocumentResponse answer =
        apply("zones: { dry: {} }\n", request -> request.setDryRun(true));
    assertThat(answer.getDryRun()).isTrue();
    assertThat(answer.getChanged()).isTrue();
    assertThat(answer.getVersion()).isEqualTo(before + 1);
    assertThat(answer.getDiff()).contains("+zones: { dry: {} }");
    assertRefused(
        Status.Code.ABORTED,
        "made from version " + (before + 9),
        () ->
            apply("zones: {}", request -> request.setDryRun(true).setExpectedVersion(before + 9)));
    assertThat(present()).isEqualTo(before);
  }

  @Test
  void everyProblemOfATextIsNamedWithItsLine() {
    assertRefused(
        Status.Code.INVALID_ARGUMENT,
        """
        cluster.yaml:2: zones.eu.connections: 0 is not in 1 to 100000
        cluster.yaml:3: throttle: unknown key; did you mean throttles?""",
        () ->
            apply(
                "zones:\n  eu: { connections: 0 }\nthrottle: 5\n",
                request -> request.setName("cluster.yaml")));
    assertRefused(
        Status.Code.INVALID_ARGUMENT,
        "cluster document:1: this is not YAML",
        () -> apply("zones: {"));
    assertRefused(
        Status.Code.INVALID_ARGUMENT,
        "cluster document:1: the text is larger than 7MiB",
        () -> apply("#".repeat((7 << 20) + 1)));
  }

  @Test
  void theSecondOfTwoThatSawTheSameVersionIsShownWhatTheFirstChanged() {
    apply("zones:\n  eu: {}\n");
    long seen = present();
    apply("zones:\n  eu: { connections: 7 }\n", request -> request.setExpectedVersion(seen));
    String difference =
        """
        --- cluster document %d
        +++ cluster document %d
        @@ -1,2 +1,2 @@
         zones:
        -  eu: {}
        +  eu: { connections: 7 }"""
            .formatted(seen, seen + 1);
    assertRefused(
        Status.Code.ABORTED,
        difference,
        () -> apply("zones: { us: {} }", request -> request.setExpectedVersion(seen)));
    assertRefused(
        Status.Code.ABORTED,
        "is at version %d, by ann, and this was made from version %d".formatted(seen + 1, seen),
        () -> apply("version: " + seen + "\nzones: { us: {} }"));
    assertRefused(
        Status.Code.ABORTED,
        "which this cluster has not: nothing was changed",
        () -> apply("zones: { us: {} }", request -> request.setExpectedVersion(-1)));
    assertRefused(
        Status.Code.INVALID_ARGUMENT,
        "the text is made from version 5, and version 6 is to be replaced",
        () -> apply("version: 5\nzones: {}", request -> request.setExpectedVersion(6)));
    assertThat(present()).isEqualTo(seen + 1);
  }

  @Test
  void ofManyAtOnceThoseThatMindNoVersionAllGetOne() throws Exception {
    long before = present();
    try (ExecutorService operators = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<ApplyDocumentResponse>> answers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        String text = "zones: { many%d: {} }".formatted(i);
        answers.add(operators.submit(() -> apply(text)));
      }
      List<Long> versions = new ArrayList<>();
      for (Future<ApplyDocumentResponse> answer : answers) {
        versions.add(answer.get().getVersion());
      }
      assertThat(versions)
          .containsExactlyInAnyOrder(before + 1, before + 2, before + 3, before + 4);
    }
  }

  @Test
  void aZoneThatHoldsMailGoesOnlyWithAnOrderForIt() {
    apply("zones: { old: {}, bulk: {} }");
    mail.put("old", SOME);
    try {
      assertRefused(
          Status.Code.FAILED_PRECONDITION,
          "the zone old holds 2 queued, 0 claimed, 1 deferred, 0 held",
          () -> apply("zones: { bulk: {} }"));
      assertRefused(
          Status.Code.INVALID_ARGUMENT,
          "mail cannot go to nowhere: the new document has no such zone",
          () -> apply("zones: { bulk: {} }", request -> request.putReroutes("*", "nowhere")));
      assertThat(
              apply("zones: { bulk: {} }", request -> request.putReroutes("old", "bulk"))
                  .getReroutesMap())
          .isEqualTo(Map.of("old", "bulk"));
      assertThat(documents.orElseThrow().present().reroutes()).isEqualTo(Map.of("old", "bulk"));
      // The order stands, in the next version too, until the zone is there again.
      assertThat(apply("zones: { bulk: { port: 26 } }").getReroutesMap())
          .isEqualTo(Map.of("old", "bulk"));
      assertThat(apply("zones: { bulk: {}, old: {} }").getReroutesMap()).isEmpty();
    } finally {
      mail.clear();
    }
  }

  @Test
  void anOrderAloneMakesAVersion() {
    apply("zones: { bulk: {} }");
    long before = present();
    mail.put("stranded", SOME);
    try {
      ApplyDocumentResponse answer =
          apply("zones: { bulk: {} }", request -> request.putReroutes("stranded", "bulk"));
      assertThat(answer.getChanged()).isTrue();
      assertThat(answer.getDiff()).isEmpty();
      assertThat(present()).isEqualTo(before + 1);
    } finally {
      mail.clear();
      apply("zones: { bulk: {}, stranded: {} }");
    }
  }

  @Test
  void theHistoryListsVersionsAndEachCanBeHad() {
    apply("zones: { one: {} }\n", request -> request.setComment("first"));
    long first = present();
    apply("zones: { two: {} }\n");
    List<DocumentVersion> versions = calls().history().getVersionsList();
    assertThat(versions.get(0).getVersion()).isEqualTo(first + 1);
    assertThat(versions.get(1).getVersion()).isEqualTo(first);
    assertThat(versions.get(1).getComment()).isEqualTo("first");
    assertThat(versions.get(1).getYamlBytes()).isEqualTo(19);
    assertThat(calls().get(GetDocumentRequest.newBuilder().setVersion(first).build()).getYaml())
        .isEqualTo("zones: { one: {} }\n");
    assertRefused(
        Status.Code.NOT_FOUND,
        "version %d of the cluster document is not kept here; there are 1 to %d"
            .formatted(first + 2, first + 1),
        () -> calls().get(GetDocumentRequest.newBuilder().setVersion(first + 2).build()));
  }

  @Test
  void wordsAboutAChangeAreBoundedAndPrintable() {
    assertRefused(
        Status.Code.INVALID_ARGUMENT,
        "author: 0 characters; expected 1 to 200",
        () -> apply("zones: {}", request -> request.setAuthor("")));
    assertRefused(
        Status.Code.INVALID_ARGUMENT,
        "comment: 1001 characters; expected 0 to 1000",
        () -> apply("zones: {}", request -> request.setComment("c".repeat(1001))));
    assertRefused(
        Status.Code.INVALID_ARGUMENT,
        "author: control characters have no place there",
        () -> apply("zones: {}", request -> request.setAuthor("a\nb")));
  }

  @Test
  void aRefusalFitsIntoAHeader() {
    StringBuilder large = new StringBuilder("zones:\n");
    for (int i = 0; i < 900; i++) {
      large.append("  customer-%d: { connections: 17, port: 2525 } # \u20ac\n".formatted(i));
    }
    long seen = present();
    apply(large.toString());
    StatusRuntimeException refusal =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> apply("zones: {}", request -> request.setExpectedVersion(seen)));
    String description = String.valueOf(refusal.getStatus().getDescription());
    assertThat(description.length()).isBetween(19_000, 20_100);
    assertThat(description).containsPattern("\\.\\.\\. and [0-9]+ more lines$");
  }

  /** Delivers nothing. */
  private static final class IdleHost implements Queue.Host {
    @Override
    public void obey(Duties duties) {
      // There is nothing to do.
    }

    @Override
    public boolean obeyed() {
      return true;
    }

    @Override
    public CompletableFuture<Explained> explain(Explain question) {
      return CompletableFuture.completedFuture(Explained.getDefaultInstance());
    }
  }
}
