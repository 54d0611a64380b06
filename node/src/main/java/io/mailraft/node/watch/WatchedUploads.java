package io.mailraft.node.watch;

import io.mailraft.api.log.Envelope;
import io.mailraft.api.log.Recipient;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.QueueException;
import io.mailraft.queue.RequestKey;
import io.mailraft.queue.Upload;
import io.mailraft.queue.Uploads;
import io.mailraft.queue.quota.Charge;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The way into the queue, with somebody who hears of every message that a majority has. */
public final class WatchedUploads implements Uploads {
  private static final Logger LOG = LoggerFactory.getLogger(WatchedUploads.class);

  private final Uploads queue;
  private final Watcher watcher;
  private final LongSupplier nanos;

  /** Hears of accepted messages. Must not block. */
  @FunctionalInterface
  public interface Watcher {
    /**
     * A message was accepted.
     *
     * @param took from the last of its content: routing, the user's application, quotas, commit
     */
    void accepted(
        MessageId id, Envelope envelope, List<Recipient> recipients, long bytes, Duration took);
  }

  /**
   * @param nanos monotonic clock
   */
  public WatchedUploads(Uploads queue, Watcher watcher, LongSupplier nanos) {
    this.queue = queue;
    this.watcher = watcher;
    this.nanos = nanos;
  }

  @Override
  public Upload begin() throws QueueException {
    return new Watched(queue.begin());
  }

  @Override
  public Upload begin(RequestKey key) throws QueueException {
    return new Watched(queue.begin(key));
  }

  @Override
  public Optional<MessageId> known(RequestKey key) throws QueueException {
    return queue.known(key);
  }

  @Override
  public Charge charge(String account, Optional<String> senderDomain, int recipients)
      throws QueueException {
    return queue.charge(account, senderDomain, recipients);
  }

  private final class Watched implements Upload {
    private final Upload upload;

    /** When the last of the content came in. */
    private long contentNanos = nanos.getAsLong();

    private Watched(Upload upload) {
      this.upload = upload;
    }

    @Override
    public MessageId id() {
      return upload.id();
    }

    @Override
    public void write(ByteBuffer bytes) throws QueueException {
      contentNanos = nanos.getAsLong();
      upload.write(bytes);
    }

    @Override
    public long bytes() {
      return upload.bytes();
    }

    @Override
    public Optional<MessageId> first() throws QueueException {
      return upload.first();
    }

    @Override
    public MessageId commit(Envelope envelope, List<Recipient> recipients) throws QueueException {
      MessageId stored = upload.commit(envelope, recipients);
      if (!stored.equals(upload.id())) {
        return stored; // A repeat of one that was accepted before.
      }
      Duration took = Duration.ofNanos(nanos.getAsLong() - contentNanos);
      try {
        watcher.accepted(upload.id(), envelope, recipients, upload.bytes(), took);
      } catch (RuntimeException e) {
        // The message is stored, and the client is to hear that.
        LOG.error("a watcher of accepted messages ended in an error", e);
      }
      return stored;
    }

    @Override
    public void close() {
      upload.close();
    }
  }
}
