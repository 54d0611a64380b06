package io.mailraft.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mailraft.queue.shard.StoredContent;
import io.mailraft.queue.store.DamagedException;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Content as delivery reads it, where the rows below it are not what was accepted. */
class ContentTest {
  private static final int CHUNKS = 3;

  private static Content open(StoredContent stored) {
    return new Content(
        stored.shard(), stored.id(), stored.shard().message(stored.id()).orElseThrow());
  }

  @Test
  void chunksComeInOrderAndThenTheEnd() throws Exception {
    try (StoredContent stored = new StoredContent(CHUNKS)) {
      Content content = open(stored);
      for (int chunk = 0; chunk < CHUNKS; chunk++) {
        assertThat(content.next()).isEqualTo(stored.chunk(chunk));
      }
      assertThat(content.next()).isEmpty();
      assertThat(content.next()).isEmpty();
      assertThat(stored.stopped()).isEmpty();
    }
  }

  @Test
  void i2_aChunkThatIsMissingStopsTheReplica() throws Exception {
    damaged(stored -> stored.lose(1), 1, "chunk 1 of message");
    damaged(stored -> stored.lose(0), 0, "is missing");
  }

  @Test
  void i2_aChunkWithAWrongChecksumStopsTheReplica() throws Exception {
    damaged(stored -> stored.flip(2), 2, "chunk 2 of message");
    damaged(stored -> stored.flip(0), 0, "wrong checksum");
  }

  @Test
  void i2_aChunkInThePlaceOfAnotherStopsTheReplica() throws Exception {
    damaged(stored -> stored.misplace(0, 1), 1, "wrong checksum");
  }

  @Test
  void i2_contentOfAnotherLengthHasNoEndAndStopsTheReplica() throws Exception {
    damaged(stored -> stored.shorten(1), CHUNKS, "bytes of");
  }

  /** So many chunks are read, and then nothing, not even the end. */
  private static void damaged(Consumer<StoredContent> harm, int sound, String how)
      throws Exception {
    try (StoredContent stored = new StoredContent(CHUNKS)) {
      Content content = open(stored);
      harm.accept(stored);
      for (int chunk = 0; chunk < sound; chunk++) {
        assertThat(content.next()).isNotEmpty();
      }
      assertThatThrownBy(content::next)
          .isInstanceOf(DamagedException.class)
          .hasMessageContaining(how)
          .hasMessageContaining(stored.id().toString())
          .hasMessageContaining("node rejoin");
      assertThat(stored.stopped()).get().isInstanceOf(DamagedException.class);
    }
  }

  @Test
  void aMessageThatHasEndedMeanwhileIsNoDamage() throws Exception {
    try (StoredContent stored = new StoredContent(CHUNKS)) {
      Content content = open(stored);
      assertThat(content.next()).isEqualTo(stored.chunk(0));
      stored.end(CHUNKS);
      assertThatThrownBy(content::next)
          .isInstanceOfSatisfying(
              QueueException.class,
              e -> assertThat(e.reason()).isEqualTo(QueueException.Reason.UNKNOWN))
          .hasMessageContaining("has ended");
      assertThat(stored.stopped()).isEmpty();
    }
  }
}
