package io.mailraft.node.smtp;

import com.google.protobuf.ByteString;
import io.mailraft.api.log.Envelope;
import io.mailraft.api.log.Recipient;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.QueueException;
import io.mailraft.queue.RequestKey;
import io.mailraft.queue.Upload;
import io.mailraft.queue.Uploads;
import io.mailraft.queue.quota.Charge;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** A queue in memory that can be made to refuse, to break and to wait. */
final class MemoryUploads implements Uploads {

  /** A message that was committed. */
  record Stored(MessageId id, Envelope envelope, List<Recipient> recipients, ByteString content) {
    String text() {
      return content.toString(StandardCharsets.ISO_8859_1);
    }
  }

  /** What a step of an upload does beside its work. */
  @FunctionalInterface
  interface Step {
    void run() throws QueueException;
  }

  final List<Stored> stored = new CopyOnWriteArrayList<>();
  final AtomicInteger begun = new AtomicInteger();
  final AtomicInteger open = new AtomicInteger();
  final CountDownLatch committing = new CountDownLatch(1);
  volatile Step onBegin = () -> {};
  volatile Step onWrite = () -> {};
  volatile Step onCommit = () -> {};
  private final AtomicLong stems = new AtomicLong(1L << 40);
  private final boolean keep;

  MemoryUploads() {
    this(true);
  }

  MemoryUploads(boolean keep) {
    this.keep = keep;
  }

  @Override
  public Charge charge(String account, Optional<String> senderDomain, int recipients) {
    return Charge.NONE;
  }

  @Override
  public Upload begin() throws QueueException {
    onBegin.run();
    begun.incrementAndGet();
    open.incrementAndGet();
    return new MemoryUpload(new MessageId(stems.incrementAndGet(), 7));
  }

  @Override
  public Upload begin(RequestKey key) throws QueueException {
    return begin(); // By SMTP nobody names a request.
  }

  @Override
  public Optional<MessageId> known(RequestKey key) {
    return Optional.empty();
  }

  private final class MemoryUpload implements Upload {
    private final MessageId id;
    private Optional<ByteArrayOutputStream> content = Optional.of(new ByteArrayOutputStream());
    private long bytes;
    private boolean committed;

    MemoryUpload(MessageId id) {
      this.id = id;
    }

    @Override
    public MessageId id() {
      return id;
    }

    @Override
    public void write(ByteBuffer buffer) throws QueueException {
      onWrite.run();
      byte[] copy = new byte[buffer.remaining()];
      buffer.get(copy);
      ByteArrayOutputStream whole = content.orElseThrow(() -> new IllegalStateException("closed"));
      if (keep) {
        whole.writeBytes(copy);
      }
      bytes += copy.length;
    }

    @Override
    public long bytes() {
      return bytes;
    }

    @Override
    public Optional<MessageId> first() {
      return Optional.empty();
    }

    @Override
    public MessageId commit(Envelope envelope, List<Recipient> recipients) throws QueueException {
      committing.countDown();
      onCommit.run();
      byte[] whole = content.orElseThrow(() -> new IllegalStateException("closed")).toByteArray();
      if (committed) {
        throw new IllegalStateException("committed twice");
      }
      committed = true;
      if (keep) {
        stored.add(new Stored(id, envelope, List.copyOf(recipients), ByteString.copyFrom(whole)));
      }
      return id;
    }

    @Override
    public void close() {
      if (content.isPresent()) {
        content = Optional.empty();
        open.decrementAndGet();
      }
    }
  }
}
