package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.mailraft.api.admin.AdminGrpc;
import io.mailraft.api.admin.ApplyDocumentRequest;
import io.mailraft.api.admin.ApplyDocumentResponse;
import io.mailraft.api.admin.DocumentHistoryRequest;
import io.mailraft.api.admin.DocumentHistoryResponse;
import io.mailraft.api.admin.DocumentVersion;
import io.mailraft.api.admin.GetDocumentRequest;
import io.mailraft.api.admin.GetDocumentResponse;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.Help.Ansi;

/** {@code mailraft config} against an admin API that answers what a test wants. */
class ConfigCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final List<ApplyDocumentRequest> applied = new CopyOnWriteArrayList<>();
  private final List<GetDocumentRequest> got = new CopyOnWriteArrayList<>();
  private ApplyDocumentResponse answer = ApplyDocumentResponse.getDefaultInstance();
  private Optional<Status> refusal = Optional.empty();
  private Server server;
  @TempDir private Path directory;

  @BeforeEach
  void listen() throws Exception {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(
                new AdminGrpc.AdminImplBase() {
                  @Override
                  public void applyDocument(
                      ApplyDocumentRequest request, StreamObserver<ApplyDocumentResponse> reply) {
                    applied.add(request);
                    reply(reply, answer);
                  }

                  @Override
                  public void getDocument(
                      GetDocumentRequest request, StreamObserver<GetDocumentResponse> reply) {
                    got.add(request);
                    reply(
                        reply,
                        GetDocumentResponse.newBuilder()
                            .setVersion(request.getVersion() == 0 ? 9 : request.getVersion())
                            .setYaml(
                                request.getWithVersion() ? "version: 9\nzones: {}" : "zones: {}\n")
                            .build());
                  }

                  @Override
                  public void documentHistory(
                      DocumentHistoryRequest request,
                      StreamObserver<DocumentHistoryResponse> reply) {
                    reply(
                        reply,
                        DocumentHistoryResponse.newBuilder()
                            .addVersions(
                                DocumentVersion.newBuilder()
                                    .setVersion(9)
                                    .setAuthor("ann@host")
                                    .setStampMillis(1_767_225_600_500L)
                                    .setComment("new\u001b pool")
                                    .setYamlBytes(1234))
                            .addVersions(DocumentVersion.newBuilder().setVersion(8).setAuthor("n1"))
                            .build());
                  }

                  private <T> void reply(StreamObserver<T> observer, T value) {
                    if (refusal.isPresent()) {
                      observer.onError(refusal.get().asRuntimeException());
                      return;
                    }
                    observer.onNext(value);
                    observer.onCompleted();
                  }
                })
            .build()
            .start();
  }

  @AfterEach
  void stop() throws Exception {
    server.shutdownNow().awaitTermination();
  }

  private int run(String... args) {
    List<String> words = new ArrayList<>(List.of("config"));
    words.addAll(Arrays.asList(args));
    words.addAll(List.of("--server", "127.0.0.1:" + server.getPort()));
    return Main.run(
        new PrintWriter(out, true),
        new PrintWriter(err, true),
        Ansi.OFF,
        words.toArray(String[]::new));
  }

  private String file(String text) throws Exception {
    return Files.writeString(directory.resolve("cluster.yaml"), text).toString();
  }

  @Test
  void apply_hands_the_file_to_the_node_and_shows_the_difference() throws Exception {
    answer =
        ApplyDocumentResponse.newBuilder()
            .setVersion(10)
            .setPreviousVersion(9)
            .setChanged(true)
            .setDiff("--- a\n+++ b\n@@ -1 +1 @@\n-zones: {}\n+zones: \u001b[2J{}\n")
            .putReroutes("old", "bulk")
            .build();
    String file = file("zones: { b\u00fcro: {} }\n");
    assertThat(run("apply", "-f", file, "--comment", "why", "--author", "ann")).isZero();
    assertThat(applied)
        .containsExactly(
            ApplyDocumentRequest.newBuilder()
                .setYaml("zones: { b\u00fcro: {} }\n")
                .setName(file)
                .setComment("why")
                .setAuthor("ann")
                .build());
    assertThat(out.toString())
        .isEqualTo(
            """
            --- a
            +++ b
            @@ -1 +1 @@
            -zones: {}
            +zones: ?[2J{}

            Mail of the zone old, which is gone, goes to bulk.
            Version 10 replaces version 9.
            """);
  }

  @Test
  void apply_names_the_user_and_the_machine_where_no_author_is_given() throws Exception {
    assertThat(run("apply", "--file", file("zones: {}"), "--dry-run")).isZero();
    assertThat(applied.getFirst().getAuthor())
        .startsWith(System.getProperty("user.name") + "@")
        .hasSizeGreaterThan(System.getProperty("user.name").length() + 1);
    assertThat(applied.getFirst().getDryRun()).isTrue();
    assertThat(out.toString()).isEqualTo("Nothing differs from version 0.\n");
  }

  @Test
  void apply_reads_standard_input() {
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream("zones: {}".getBytes(StandardCharsets.UTF_8)));
    try {
      assertThat(run("apply", "-f", "-", "-o", "json")).isZero();
    } finally {
      System.setIn(before);
    }
    assertThat(applied.getFirst().getYaml()).isEqualTo("zones: {}");
    assertThat(applied.getFirst().getName()).isEqualTo("stdin");
    assertThat(out.toString().strip()).startsWith("{").endsWith("}").contains("\"diff\": \"\"");
  }

  @Test
  void apply_says_where_mail_of_zones_that_go_is_to_go() throws Exception {
    assertThat(
            run("apply", "-f", file("zones: {}"), "--reroute-to", "bulk", "--reroute-to=news=eu"))
        .isZero();
    assertThat(applied.getFirst().getReroutesMap()).isEqualTo(Map.of("*", "bulk", "news", "eu"));
    assertThat(run("apply", "-f", file("zones: {}"), "--reroute-to", "=bulk")).isEqualTo(2);
    assertThat(run("apply", "-f", file("zones: {}"), "--reroute-to", "a", "--reroute-to", "b"))
        .isEqualTo(2);
    assertThat(err.toString())
        .contains("'=bulk' is not ZONE or OLD=ZONE")
        .contains("--reroute-to says twice where the mail of all zones goes");
    assertThat(applied).hasSize(1);
  }

  @Test
  void a_text_that_cannot_be_used_ends_with_2_and_its_lines() throws Exception {
    refusal =
        Optional.of(
            Status.INVALID_ARGUMENT.withDescription("c.yaml:2: zones: \u001b\nc.yaml:3: \u20ac x"));
    assertThat(run("apply", "-f", file("zones: {}"))).isEqualTo(2);
    assertThat(err.toString()).isEqualTo("c.yaml:2: zones: ?\nc.yaml:3: \u20ac x\n");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void a_conflict_and_mail_in_the_way_end_with_1_and_the_nodes_words() throws Exception {
    String difference = "is at version 9\n" + "+ \u20ac line\n".repeat(2000);
    refusal = Optional.of(Status.ABORTED.withDescription(difference));
    assertThat(run("apply", "-f", file("zones: {}"))).isEqualTo(1);
    assertThat(err.toString()).isEqualTo(difference);
    refusal = Optional.of(Status.FAILED_PRECONDITION.withDescription("the zone a holds 1 queued"));
    assertThat(run("apply", "-f", file("zones: {}"))).isEqualTo(1);
    assertThat(err.toString()).endsWith("the zone a holds 1 queued\n");
  }

  @Test
  void a_node_without_a_majority_ends_with_3() throws Exception {
    refusal = Optional.of(Status.UNAVAILABLE.withDescription("it is not known what came of it"));
    assertThat(run("apply", "-f", file("zones: {}"))).isEqualTo(3);
    assertThat(err.toString())
        .isEqualTo(
            "mailraft: 127.0.0.1:%d answered UNAVAILABLE: it is not known what came of it\n"
                .formatted(server.getPort()));
  }

  @Test
  void what_cannot_be_read_is_refused_before_a_node_is_asked() throws Exception {
    String file = directory.resolve("none.yaml").toString();
    assertThat(run("apply", "-f", file)).isEqualTo(2);
    assertThat(err.toString()).contains(file + ": there is no such file");
    Files.write(directory.resolve("b.yaml"), new byte[] {(byte) 0xff});
    assertThat(run("apply", "-f", directory.resolve("b.yaml").toString())).isEqualTo(2);
    assertThat(err.toString()).contains("is not UTF-8 text");
    assertThat(run("apply", "-f", directory.toString())).isEqualTo(2);
    assertThat(run("apply")).isEqualTo(2);
    assertThat(applied).isEmpty();
  }

  @Test
  void get_prints_the_text_and_nothing_else() {
    assertThat(run("get")).isZero();
    assertThat(out.toString()).isEqualTo("version: 9\nzones: {}\n");
    assertThat(run("get", "--version", "7")).isZero();
    assertThat(got)
        .containsExactly(
            GetDocumentRequest.newBuilder().setWithVersion(true).build(),
            GetDocumentRequest.newBuilder().setVersion(7).setWithVersion(true).build());
    assertThat(run("get", "-o", "json")).isZero();
    assertThat(out.toString()).contains("\"yaml\": \"version: 9\\nzones: {}\"");
    assertThat(run("get", "--version", "0")).isEqualTo(2);
    assertThat(err.toString()).contains("0 is not a version; they count from 1");
    refusal = Optional.of(Status.NOT_FOUND.withDescription("version 7 is not kept here"));
    assertThat(run("get", "--version", "7")).isEqualTo(1);
    assertThat(err.toString()).endsWith("version 7 is not kept here\n");
  }

  @Test
  void history_is_a_table() {
    assertThat(run("history")).isZero();
    assertThat(out.toString())
        .isEqualTo(
            """
            VERSION  SET                   AUTHOR    BYTES  COMMENT
                  9  2026-01-01T00:00:00Z  ann@host   1234  new? pool
                  8  1970-01-01T00:00:00Z  n1            0  -
            """);
    assertThat(run("history", "--output", "json")).isZero();
    assertThat(out.toString()).contains("\"yamlBytes\": \"1234\"");
  }

  @Test
  void rollback_applies_the_past_text_against_the_present_version() {
    assertThat(run("rollback", "7", "--author", "ann", "--reroute-to", "default")).isZero();
    assertThat(applied)
        .containsExactly(
            ApplyDocumentRequest.newBuilder()
                .setYaml("zones: {}\n")
                .setName("version 7")
                .setExpectedVersion(9)
                .setAuthor("ann")
                .setComment("rollback to version 7")
                .putReroutes("*", "default")
                .build());
    assertThat(run("rollback")).isEqualTo(2);
    assertThat(run("rollback", "-1")).isEqualTo(2);
    assertThat(run("rollback", "x")).isEqualTo(2);
    refusal = Optional.of(Status.NOT_FOUND.withDescription("version 7 is not kept here"));
    assertThat(run("rollback", "7")).isEqualTo(1);
  }

  @Test
  void config_alone_tells_its_usage() {
    assertThat(run()).isEqualTo(2);
    assertThat(err.toString()).contains("apply").contains("get").contains("rollback");
  }
}
