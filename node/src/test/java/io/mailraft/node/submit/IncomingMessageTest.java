package io.mailraft.node.submit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mailraft.api.log.Envelope;
import io.mailraft.api.log.Recipient;
import io.mailraft.config.HostPort;
import io.mailraft.config.ListenerAuth;
import io.mailraft.config.SmtpConfig;
import io.mailraft.node.access.Guidance;
import io.mailraft.node.heap.HeapBudget;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.QueueException;
import io.mailraft.queue.QueueException.Reason;
import io.mailraft.queue.RequestKey;
import io.mailraft.queue.Upload;
import io.mailraft.queue.Uploads;
import io.mailraft.queue.quota.Charge;
import io.mailraft.router.Decision;
import io.mailraft.router.Rule;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class IncomingMessageTest {
  private static final int WAIT_SECONDS = 60;
  private static final byte[] CONTENT =
      "From: a@example.com\r\n\r\nbody\r\n".getBytes(StandardCharsets.US_ASCII);

  private static final SmtpConfig LIMITS =
      new SmtpConfig(
          "feeder",
          new HostPort("127.0.0.1", 0),
          "mx.example",
          List.of(),
          false,
          1L << 20,
          100,
          998,
          64 << 10,
          35,
          10,
          10,
          Duration.ofSeconds(30),
          Duration.ofSeconds(60),
          ListenerAuth.OPTIONAL,
          Optional.empty(),
          false);

  private final HeapBudget heap = new HeapBudget(64 << 10);
  private final OneCharge uploads = new OneCharge();
  private final Entrance entrance =
      new Entrance(
          "api",
          LIMITS,
          "n1",
          uploads,
          submission -> domain -> new Decision("default", Rule.DEFAULT, "", List.of()),
          InstantSource.fixed(Instant.EPOCH),
          heap);

  /** A queue whose quota has room for one message, and that stores a key once. */
  private static final class OneCharge implements Uploads {
    final CountDownLatch charging = new CountDownLatch(1);
    final CountDownLatch maySay = new CountDownLatch(1);
    final AtomicInteger charged = new AtomicInteger();
    final AtomicInteger givenBack = new AtomicInteger();
    final AtomicLong stems = new AtomicLong(1L << 40);
    volatile Optional<Reason> refusal = Optional.empty();
    volatile Optional<MessageId> stored = Optional.empty();

    @Override
    public Upload begin() {
      return new OneUpload(new MessageId(stems.incrementAndGet(), 0));
    }

    @Override
    public Upload begin(RequestKey key) {
      return begin();
    }

    @Override
    public Optional<MessageId> known(RequestKey key) {
      return stored;
    }

    @Override
    public Charge charge(String account, Optional<String> senderDomain, int recipients)
        throws QueueException {
      if (charged.incrementAndGet() > 1) {
        throw new QueueException(Reason.OVER_QUOTA, "one was all");
      }
      charging.countDown();
      try {
        assertThat(maySay.await(WAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      return givenBack::incrementAndGet;
    }

    private final class OneUpload implements Upload {
      private final MessageId id;
      private long bytes;

      OneUpload(MessageId id) {
        this.id = id;
      }

      @Override
      public MessageId id() {
        return id;
      }

      @Override
      public void write(ByteBuffer content) {
        bytes += content.remaining();
      }

      @Override
      public long bytes() {
        return bytes;
      }

      @Override
      public Optional<MessageId> first() {
        return stored;
      }

      @Override
      public MessageId commit(Envelope envelope, List<Recipient> recipients) throws QueueException {
        if (refusal.isPresent()) {
          throw new QueueException(refusal.get(), "as was asked");
        }
        stored = stored.or(() -> Optional.of(id));
        return stored.get();
      }

      @Override
      public void close() {}
    }
  }

  private Accepted submit() throws Exception {
    RequestKey key = RequestKey.of("shop", "one", new byte[RequestKey.BYTES]);
    Terms terms = new Terms(List.of(), "", 0, Optional.empty(), Optional.of(key));
    try (IncomingMessage message =
        new IncomingMessage(entrance, "mx.example", terms, heap.share("client"))) {
      message.write(CONTENT, 0, CONTENT.length);
      message.end();
      return message.submit(
          new Submitter(InetAddress.ofLiteral("192.0.2.1"), "client", "HTTP", "shop", "", false),
          new ClientEnvelope(
              "a@example.com",
              List.of(new Destination("b@example.net", "example.net")),
              false,
              false),
          Guidance.NONE);
    }
  }

  @Test
  void a_repeat_waits_for_its_first_before_it_is_counted() throws Exception {
    FutureTask<Accepted> first = new FutureTask<>(this::submit);
    FutureTask<Accepted> repeat = new FutureTask<>(this::submit);
    Thread.ofPlatform().start(first);
    assertThat(uploads.charging.await(WAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    Thread repeating = Thread.ofPlatform().start(repeat);
    while (!repeat.isDone() && repeating.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    uploads.maySay.countDown();
    Accepted accepted = first.get(WAIT_SECONDS, TimeUnit.SECONDS);
    assertThat(accepted.repeated()).isFalse();
    assertThat(repeat.get(WAIT_SECONDS, TimeUnit.SECONDS))
        .isEqualTo(new Accepted(accepted.id(), 1, accepted.bytes(), true));
    assertThat(uploads.charged).hasValue(1);
    assertThat(uploads.givenBack).hasValue(0);
  }

  @Test
  void what_is_known_not_to_be_stored_gives_its_charge_back_and_nothing_else_does() {
    uploads.maySay.countDown();
    for (Reason reason : Reason.values()) {
      uploads.charged.set(0);
      uploads.givenBack.set(0);
      uploads.refusal = Optional.of(reason);
      boolean inDoubt = new QueueException(reason, "").mayBeStored();
      assertThatThrownBy(this::submit)
          .isInstanceOfSatisfying(
              QueueException.class, e -> assertThat(e.reason()).isEqualTo(reason));
      assertThat(uploads.givenBack).as(reason.toString()).hasValue(inDoubt ? 0 : 1);
    }
  }
}
