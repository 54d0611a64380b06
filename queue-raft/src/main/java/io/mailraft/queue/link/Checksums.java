package io.mailraft.queue.link;

import com.google.protobuf.ByteString;
import io.mailraft.api.link.AnswerFrame;
import io.mailraft.api.link.ChecksumAnswer;
import io.mailraft.queue.store.Store;
import io.mailraft.queue.store.Table;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checksums of one replica, each of its whole state at the index of the record that asked for
 * it (I8).
 *
 * <p>The apply thread only freezes the state; reading it takes as long as it takes, on a thread of
 * its own, while later entries are applied.
 */
public final class Checksums implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Checksums.class);
  private static final int KEPT_MAX = 64;
  private static final byte[] FIRST = new byte[0];
  private static final byte[] END = {
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1
  };

  private final List<Table> tables;
  private final ExecutorService worker =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("checksum").factory());
  private final Map<Long, CompletableFuture<AnswerFrame>> byToken =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(
            Map.Entry<Long, CompletableFuture<AnswerFrame>> eldest) {
          return size() > KEPT_MAX;
        }
      };

  public Checksums(List<Table> tables) {
    this.tables = List.copyOf(tables);
  }

  /**
   * The checksum for a token, once its record was applied and the state read. Waits for ever if it
   * never is.
   */
  public synchronized CompletableFuture<AnswerFrame> of(long token) {
    return byToken.computeIfAbsent(token, t -> new CompletableFuture<>());
  }

  /**
   * Takes the state at a checksum record. Called on the apply thread; closes the state when it was
   * read.
   */
  public void take(long token, Store.Frozen state) {
    CompletableFuture<AnswerFrame> answer = of(token);
    worker.execute(
        () -> {
          try (state) {
            answer.complete(compute(state));
          } catch (RuntimeException e) {
            log.error("the state could not be read for its checksum", e);
            answer.completeExceptionally(e);
          }
        });
  }

  private AnswerFrame compute(Store.Frozen state) {
    MessageDigest digest = sha256();
    long[] rows = {0};
    ByteBuffer lengths = ByteBuffer.allocate(8);
    for (Table table : tables) {
      digest.update(table.name().getBytes(StandardCharsets.UTF_8));
      digest.update((byte) 0);
      state.scan(
          table,
          FIRST,
          END,
          (key, value) -> {
            digest.update(lengths.clear().putInt(key.length).putInt(value.length).flip());
            digest.update(key);
            digest.update(value);
            rows[0]++;
            return true;
          });
    }
    digest.update(ByteBuffer.allocate(8).putLong(state.applied().stampMillis()).flip());
    return AnswerFrame.newBuilder()
        .setIndex(state.applied().index())
        .setChecksum(
            ChecksumAnswer.newBuilder()
                .setDigest(ByteString.copyFrom(digest.digest()))
                .setRows(rows[0]))
        .build();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  @Override
  public void close() {
    worker.shutdownNow();
  }
}
