package io.mailraft.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A receiver that stops reading in the middle of the content, and reads on later. */
class StalledReceiverTest {
  private static final int RECEIVE_BYTES = 4096;

  private static ServerSocket listen() throws IOException {
    ServerSocket server = new ServerSocket();
    server.setReceiveBufferSize(RECEIVE_BYTES);
    server.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
    return server;
  }

  /** Bytes that the systems of both sides take while the receiver does not read. */
  private static int taken() throws Exception {
    try (ServerSocket server = listen();
        SocketChannel client = SocketChannel.open(server.getLocalSocketAddress());
        Socket _ = server.accept()) {
      client.setOption(StandardSocketOptions.TCP_NODELAY, true);
      client.configureBlocking(false);
      int taken = 0;
      int idle = 0;
      while (idle < 100) {
        int count = client.write(ByteBuffer.allocate(64 * 1024));
        taken += count;
        idle = count == 0 ? idle + 1 : 0;
        assertThat(new CountDownLatch(1).await(1, TimeUnit.MILLISECONDS)).isFalse();
      }
      return taken;
    }
  }

  @Test
  void i5_a_dot_that_waits_for_the_receiver_does_not_leave_after_the_lease() throws Exception {
    String body = ("x".repeat(98) + "\r\n").repeat((taken() + 96 * 1024) / 100);
    CountDownLatch goesOn = new CountDownLatch(1);
    try (ServerSocket server = listen()) {
      FutureTask<String> heard = new FutureTask<>(() -> hear(server, goesOn));
      Thread.ofVirtual().start(heard);
      try (Rig rig = Rig.to(server.getLocalPort()).start()) {
        List<Claim> claims = rig.message(rig.facts(body), body, "rcpt@to.example");
        rig.engine.offer(claims);
        String id = claims.getFirst().messageId();
        ClaimPhase.Step step;
        do {
          step = rig.engine.phase(id, 1).join().map(ClaimPhase::step).orElse(ClaimPhase.Step.MAIL);
        } while (step != ClaimPhase.Step.CONTENT && step != ClaimPhase.Step.FINAL_DOT);
        rig.lease = epoch -> false;
        goesOn.countDown();
        assertThat(rig.await(1).getFirst()).isInstanceOf(Outcome.Returned.class);
      }
      assertThat(heard.get(Rig.PATIENCE.toSeconds(), TimeUnit.SECONDS)).startsWith("x");
    }
  }

  /** The last line of the content; a dot alone if the message has come whole. */
  private static String hear(ServerSocket server, CountDownLatch goesOn) throws Exception {
    try (Socket socket = server.accept();
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII), 512)) {
      say(socket, "220 ready");
      String last = "";
      boolean content = false;
      Optional<String> line = Optional.ofNullable(in.readLine());
      while (line.isPresent() && !last.equals(".")) {
        String verb = line.get();
        if (content) {
          last = verb;
        } else if (verb.equals("DATA")) {
          content = true;
          say(socket, "354 go on");
          assertThat(goesOn.await(Rig.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } else {
          say(socket, "250 fine");
        }
        line = Optional.ofNullable(in.readLine());
      }
      return last;
    }
  }

  private static void say(Socket socket, String reply) throws IOException {
    socket.getOutputStream().write((reply + "\r\n").getBytes(StandardCharsets.US_ASCII));
  }
}
