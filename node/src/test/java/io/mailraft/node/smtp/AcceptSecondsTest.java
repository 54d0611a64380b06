package io.mailraft.node.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.api.log.Envelope;
import io.mailraft.api.log.Recipient;
import io.mailraft.node.watch.WatchedUploads;
import io.mailraft.queue.Upload;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What is told of how long a message took to be accepted. */
class AcceptSecondsTest {
  @Test
  void all_that_a_message_waits_for_after_its_content_counts() throws Exception {
    AtomicLong nanos = new AtomicLong();
    MemoryUploads memory = new MemoryUploads();
    memory.onCommit = () -> nanos.addAndGet(Duration.ofSeconds(2).toNanos());
    List<Duration> took = new ArrayList<>();
    WatchedUploads watched =
        new WatchedUploads(
            memory, (id, envelope, recipients, bytes, time) -> took.add(time), nanos::get);
    try (Upload upload = watched.begin()) {
      upload.write(ByteBuffer.wrap(new byte[10]));
      nanos.addAndGet(Duration.ofSeconds(100).toNanos());
      upload.write(ByteBuffer.wrap(new byte[10]));
      // Routing, the user's application and quotas come between.
      nanos.addAndGet(Duration.ofSeconds(5).toNanos());
      upload.commit(
          Envelope.getDefaultInstance(),
          List.of(Recipient.newBuilder().setAddress("a@example.com").build()));
    }
    assertThat(took).containsExactly(Duration.ofSeconds(7));
  }
}
