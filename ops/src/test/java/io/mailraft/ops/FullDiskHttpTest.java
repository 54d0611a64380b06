package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mailraft.ops.HttpCalls.Answer;
import io.mailraft.ops.HttpCalls.Count;
import io.mailraft.ops.chaos.LocalCluster;
import io.mailraft.ops.chaos.NodeProcess;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A node whose disk has less free space than is to be left alone. */
class FullDiskHttpTest {
  private static final long TIB = 1L << 40;

  @Test
  void a_message_by_http_is_refused_for_now_while_the_disk_is_nearly_full() throws Exception {
    LocalCluster.Options options =
        LocalCluster.Options.of(1, 1).withSettings("queue: { minFreeBytes: 1TiB }\n");
    try (LocalCluster cluster = LocalCluster.create(options)) {
      assumeTrue(
          Files.getFileStore(cluster.directory()).getUsableSpace() < TIB,
          "there is too much space");
      NodeProcess node = cluster.node("n1");
      node.start();
      node.awaitReadyLine(ClusterRun.BOUND);
      try (HttpCalls calls = new HttpCalls(node)) {
        String mail = "From: a@a.example\r\nTo: r@b.example\r\n\r\n";
        String large = mail + ("x".repeat(70) + "\r\n").repeat(3 << 20 >> 6);
        for (Answer refused :
            List.of(
                calls.send("{'from': 'a@a.example', 'to': 'r@b.example', 'text': 'x'}"),
                calls.send(
                    "{'from': 'a@a.example', 'to': 'r@b.example', 'text': '"
                        + "x".repeat(3 << 20)
                        + "'}"),
                post(calls, mail + "x\r\n"),
                post(calls, large))) {
          assertThat(refused.status()).as("%s", refused).isEqualTo(503);
          assertThat(refused.text("code")).as("%s", refused).isEqualTo("DiskFull");
          assertThat(refused.retryAfter()).isEqualTo("60");
        }
        assertThat(calls.count("zone/default")).isEqualTo(new Count(0, 0));
        assertThat(calls.get("/healthz").status()).isEqualTo(200);
        assertThat(calls.get("/readyz").status()).isEqualTo(503);
      }
    }
  }

  private static Answer post(HttpCalls calls, String mail) throws Exception {
    return calls.post("/send-raw", HttpCalls.MAIL, mail.getBytes(StandardCharsets.US_ASCII));
  }
}
