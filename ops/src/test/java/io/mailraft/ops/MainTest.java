package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.mailraft.api.admin.AdminGrpc;
import io.mailraft.api.admin.GroupStatus;
import io.mailraft.api.admin.NodeStatus;
import io.mailraft.api.admin.RecipientRoute;
import io.mailraft.api.admin.RefusedZone;
import io.mailraft.api.admin.ReplicaChecksum;
import io.mailraft.api.admin.RouteRequest;
import io.mailraft.api.admin.RouteResponse;
import io.mailraft.api.admin.StatusRequest;
import io.mailraft.api.admin.StatusResponse;
import io.mailraft.api.admin.VerifyStateRequest;
import io.mailraft.api.admin.VerifyStateResponse;
import io.mailraft.api.admin.WhyRequest;
import io.mailraft.api.admin.WhyResponse;
import io.mailraft.api.admin.ZoneStatus;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Help.Ansi;

/** The commands against an admin API that answers what a test wants. */
class MainTest {
  private static final StatusResponse READY =
      StatusResponse.newBuilder()
          .setNode("n1")
          .setCluster("demo")
          .setVersion("0.1.0")
          .setReady(true)
          .addNodes(
              NodeStatus.newBuilder()
                  .setName("n1")
                  .setLive(true)
                  .setRaft("127.0.0.1:7100")
                  .addSmtp("127.0.0.1:2525"))
          .addGroups(GroupStatus.newBuilder().setName("shard-0").setLeader("n1").setTerm(3))
          .addZones(ZoneStatus.newBuilder().setName("default").setQueued(1234567))
          .build();
  private static final VerifyStateResponse EQUAL =
      VerifyStateResponse.newBuilder().setEqual(true).addReplicas(replica("n1", "abcdef")).build();

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private StatusResponse status = READY;
  private VerifyStateResponse verified = EQUAL;
  private final List<RouteRequest> asked = new CopyOnWriteArrayList<>();
  private RouteResponse routed = RouteResponse.getDefaultInstance();
  private static final String ID = "0199c5d0a1b0010000";

  private Server server;

  @BeforeEach
  void listen() throws Exception {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(
                new AdminGrpc.AdminImplBase() {
                  @Override
                  public void status(StatusRequest request, StreamObserver<StatusResponse> reply) {
                    reply.onNext(status);
                    reply.onCompleted();
                  }

                  @Override
                  public void route(RouteRequest request, StreamObserver<RouteResponse> reply) {
                    asked.add(request);
                    if (request.getSender().equals("x")) {
                      reply.onError(
                          Status.INVALID_ARGUMENT.withDescription("'x' is").asRuntimeException());
                      return;
                    }
                    reply.onNext(routed);
                    reply.onCompleted();
                  }

                  @Override
                  public void why(WhyRequest request, StreamObserver<WhyResponse> reply) {
                    if (!request.getId().equals(ID)) {
                      reply.onError(
                          Status.NOT_FOUND.withDescription("no such message").asRuntimeException());
                      return;
                    }
                    reply.onNext(WhyResponse.newBuilder().setId(ID).setMore(true).build());
                    reply.onCompleted();
                  }

                  @Override
                  public void verifyState(
                      VerifyStateRequest request, StreamObserver<VerifyStateResponse> reply) {
                    reply.onNext(verified);
                    reply.onCompleted();
                  }
                })
            .build()
            .start();
  }

  @AfterEach
  void stop() throws Exception {
    server.shutdownNow().awaitTermination();
  }

  private static ReplicaChecksum replica(String node, String digest) {
    return ReplicaChecksum.newBuilder()
        .setGroup("shard-0")
        .setNode(node)
        .setIndex(17)
        .setDigest(digest)
        .build();
  }

  private int run(String... args) {
    return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), Ansi.OFF, args);
  }

  private String address() {
    return "127.0.0.1:" + server.getPort();
  }

  @Test
  void status_of_a_ready_node_is_a_table_and_ends_with_0() {
    assertThat(run("status", "--server", address())).isZero();
    assertThat(out.toString())
        .contains("n1 of cluster demo, version 0.1.0: ready")
        .containsPattern("NODE +LIVE")
        .containsPattern("shard-0 +n1 +3")
        .containsPattern("default +1234567");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void status_of_a_node_that_is_not_ready_says_why_and_ends_with_1() {
    status = READY.toBuilder().setReady(false).setReason("no majority").build();
    assertThat(run("status", "--server", address())).isEqualTo(1);
    assertThat(out.toString()).contains("not ready: no majority");
  }

  @Test
  void json_has_every_field_and_nothing_else_on_stdout() {
    assertThat(run("status", "--server", address(), "--output", "json")).isZero();
    assertThat(out.toString().strip()).startsWith("{").endsWith("}").contains("\"held\": \"0\"");
  }

  @Test
  void control_characters_from_a_node_are_not_printed() {
    status = READY.toBuilder().setReady(false).setReason("\u001b[2Jgone").build();
    run("status", "--server", address());
    assertThat(out.toString()).contains("?[2Jgone").doesNotContain("\u001b");
  }

  @Test
  void i8_verify_state_of_equal_replicas_ends_with_0() {
    assertThat(run("verify-state", "--server", address())).isZero();
    assertThat(out.toString())
        .containsPattern("shard-0 +n1 +17")
        .contains("All replicas hold the same state.");
  }

  @Test
  void i8_verify_state_of_different_replicas_ends_with_1() {
    verified =
        VerifyStateResponse.newBuilder()
            .addReplicas(replica("n1", "abcdef"))
            .addReplicas(replica("n2", "123456"))
            .build();
    assertThat(run("verify-state", "--server", address())).isEqualTo(1);
    assertThat(out.toString()).contains("do not hold the same state");
  }

  @Test
  void i8_verify_state_without_an_answer_of_every_replica_ends_with_1() {
    verified =
        EQUAL.toBuilder()
            .addReplicas(
                ReplicaChecksum.newBuilder()
                    .setGroup("shard-0")
                    .setNode("n3")
                    .setError("unreachable"))
            .build();
    assertThat(run("verify-state", "--server", address())).isEqualTo(1);
    assertThat(out.toString()).contains("unreachable").contains("Not every replica");
    verified = VerifyStateResponse.newBuilder().setEqual(true).build();
    assertThat(run("verify-state", "--server", address())).isEqualTo(1);
  }

  @Test
  void route_shows_zone_rule_and_what_was_passed_over_for_each_recipient() {
    routed =
        RouteResponse.newBuilder()
            .setListener("feeder")
            .setTrusted(true)
            .addRoutes(
                RecipientRoute.newBuilder()
                    .setRecipient("a@gmail.example")
                    .setZone("gmail")
                    .setRule("recipientDomains")
                    .setMatch("*.example")
                    .addRefused(
                        RefusedZone.newBuilder()
                            .setZone("no\u001bwhere")
                            .setRule("X-Sending-Zone")
                            .setReason("unknown")))
            .addRoutes(
                RecipientRoute.newBuilder()
                    .setRecipient("b@example.org")
                    .setZone("default")
                    .setRule("default"))
            .build();
    assertThat(
            run(
                "route",
                "--server",
                address(),
                "--from",
                "you@example.com",
                "--to",
                "a@gmail.example",
                "--to=b@example.org",
                "--header",
                "X-Sending-Zone: nowhere",
                "--header=X-A: b",
                "--origin",
                "192.0.2.1",
                "--listener",
                "feeder"))
        .isZero();
    assertThat(asked)
        .containsExactly(
            RouteRequest.newBuilder()
                .setSender("you@example.com")
                .addRecipients("a@gmail.example")
                .addRecipients("b@example.org")
                .addHeaders("X-Sending-Zone: nowhere")
                .addHeaders("X-A: b")
                .setOrigin("192.0.2.1")
                .setListener("feeder")
                .build());
    assertThat(out.toString())
        .isEqualTo(
            """
            RECIPIENT        ZONE     RULE              MATCH
            a@gmail.example  gmail    recipientDomains  *.example
            b@example.org    default  default           -

            RECIPIENT        PASSED OVER  RULE            REASON
            a@gmail.example  no?where     X-Sending-Zone  unknown

            The listener feeder honours X-Sending-Zone.
            """);
  }

  @Test
  void route_without_a_message_ends_with_2_and_the_nodes_words() {
    assertThat(run("route", "--server", address())).isEqualTo(2);
    assertThat(err.toString()).contains("Missing required option: '--to");
    assertThat(run("route", "--server", address(), "--to", "a@b.example", "--from", "x"))
        .isEqualTo(2);
    assertThat(err.toString()).contains("'x' is");
    assertThat(out.toString()).isEmpty();
    assertThat(asked).hasSize(1);
  }

  @Test
  void why_says_with_1_that_there_is_no_such_message_and_shows_no_usage() {
    assertThat(run("why", "--server", address(), "0199c5d0a1b0010009")).isEqualTo(1);
    assertThat(err.toString().strip()).isEqualTo("no such message");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void why_says_that_there_are_more_deliveries_than_it_tells_of() {
    assertThat(run("why", "--server", address(), ID)).isZero();
    assertThat(out.toString()).endsWith("and more: name a delivery\n");
  }

  @Test
  void a_node_that_cannot_be_reached_is_one_line_with_its_address_and_3() throws Exception {
    String free;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      free = "127.0.0.1:" + socket.getLocalPort();
    }
    assertThat(run("status", "--server", free)).isEqualTo(3);
    assertThat(err.toString().strip()).isEqualTo("mailraft: cannot reach a node at " + free);
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void a_wrong_command_line_ends_with_2() {
    assertThat(run("status", "--server", "nonsense")).isEqualTo(2);
    assertThat(err.toString()).contains("'nonsense' is not HOST:PORT");
    assertThat(run("no-such-command")).isEqualTo(2);
    assertThat(run("status", "--output", "xml")).isEqualTo(2);
    assertThat(run("demo", "--messages", "1")).isEqualTo(2);
  }

  @Test
  void the_version_is_that_of_the_build() {
    assertThat(run("--version")).isZero();
    assertThat(out.toString().strip()).matches("mailraft [0-9]+\\.[0-9]+\\.[0-9]+(-SNAPSHOT)?");
  }
}
