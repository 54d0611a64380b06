package io.mailraft.delivery;

import io.mailraft.config.DeliveryConfig;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.smtp.SmtpRequest;
import io.netty.handler.codec.smtp.SmtpRequests;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to a host: its socket, its deadline and its {@link Phase}. Everything here happens
 * on its event loop.
 *
 * <p>There is one deadline, for the whole of what is awaited; a host that trickles does not move
 * it. Its timer is moved only when it fires early or comes too late, so that a fast connection
 * hardly touches it.
 */
final class SmtpConnection extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(SmtpConnection.class);
  private static final Duration QUIT_TIMEOUT = Duration.ofSeconds(5);

  private final Channel channel;
  private final ReplyDecoder decoder;
  private final InetSocketAddress remote;
  private final String hostName;
  private final String source;
  private final String host;
  private final Stopwatch watch;
  private final DeliveryConfig config;
  private Phase phase;
  private Capabilities capabilities = Capabilities.NONE;
  private boolean over;
  private long awaitsSinceNanos;
  private long deadlineNanos;
  private long timerNanos;
  private io.netty.util.concurrent.@Nullable Future<?> timer;

  SmtpConnection(
      Channel channel,
      ReplyDecoder decoder,
      InetSocketAddress remote,
      String hostName,
      DeliveryConfig config,
      Stopwatch watch) {
    this.channel = channel;
    this.decoder = decoder;
    this.remote = remote;
    this.hostName = hostName;
    this.config = config;
    InetSocketAddress local = (InetSocketAddress) channel.localAddress();
    this.source = local.getAddress().getHostAddress();
    this.host = hostName + " [" + Addresses.text(remote.getAddress()) + "]";
    this.watch = watch;
    this.phase = new Leaving();
  }

  Channel channel() {
    return channel;
  }

  EventLoop loop() {
    return channel.eventLoop();
  }

  DeliveryConfig config() {
    return config;
  }

  InetSocketAddress remote() {
    return remote;
  }

  String hostName() {
    return hostName;
  }

  /** From where to where it goes, with the transaction that is under way. */
  Hop hop() {
    return new Hop(source, host, watch.attempt());
  }

  Stopwatch watch() {
    return watch;
  }

  Capabilities capabilities() {
    return capabilities;
  }

  void capabilities(Capabilities offered) {
    capabilities = offered;
  }

  boolean over() {
    return over;
  }

  void enter(Phase next) {
    phase = next;
  }

  /** For what it waits, as a part of a sentence. */
  String awaits() {
    return phase.awaits();
  }

  /** Since when it waits for that, by the monotonic clock. */
  long awaitsSinceNanos() {
    return awaitsSinceNanos;
  }

  void write(Object message) {
    // A write that does not work comes back by exceptionCaught.
    var _ = channel.write(message, channel.voidPromise());
  }

  void send(SmtpRequest request, Duration timeout) {
    write(request);
    channel.flush();
    deadline(timeout);
  }

  /** Whether nothing is left of what the host has said. */
  boolean drained() {
    return decoder.drained();
  }

  void secure(SslHandler handler) {
    watch.handshakeBegins();
    channel.pipeline().addFirst(handler);
  }

  /** Says QUIT and goes. For the engine the connection is over at once. */
  void leave() {
    if (end()) {
      phase = new Leaving();
      write(SmtpRequests.quit());
      channel.flush();
      deadline(QUIT_TIMEOUT);
    }
  }

  /** Breaks the connection off. */
  void lose(Reply reason, boolean silent) {
    if (end()) {
      try {
        // Before the socket closes: its end lets another connection be opened, which must know by
        // then that the host hangs.
        phase.onLost(reason, silent);
      } finally {
        close();
      }
    }
  }

  /**
   * Runs a task on the event loop; if it throws, the connection ends, and with it what is under
   * way.
   */
  void execute(Runnable task) {
    loop()
        .execute(
            () -> {
              try {
                task.run();
              } catch (RuntimeException e) {
                internalError(e);
              }
            });
  }

  private void internalError(RuntimeException e) {
    LOG.error("connection to {}", host, e);
    protocolError("internal error");
  }

  void protocolError(String what) {
    lose(Reply.of(451, "4.5.0", "Host " + host + ": " + what), false);
  }

  private boolean end() {
    if (over) {
      return false;
    }
    over = true;
    return true;
  }

  private void close() {
    phase = new Leaving();
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
    var _ = channel.close();
  }

  void deadline(Duration timeout) {
    long now = System.nanoTime();
    awaitsSinceNanos = now;
    deadlineNanos = now + timeout.toNanos();
    if (timer == null || deadlineNanos - timerNanos < 0) {
      if (timer != null) {
        timer.cancel(false);
      }
      startTimer(now);
    }
  }

  private void startTimer(long now) {
    timerNanos = deadlineNanos;
    timer = channel.eventLoop().schedule(this::onTimer, deadlineNanos - now, TimeUnit.NANOSECONDS);
  }

  private void onTimer() {
    timer = null;
    long now = System.nanoTime();
    if (deadlineNanos - now > 0) {
      startTimer(now);
    } else if (over) {
      close();
    } else if (phase.staysOnTimeout()) {
      deadline(config.idleTimeout());
    } else if (phase.leavesOnTimeout()) {
      leave();
    } else {
      lose(Reply.of(451, "4.4.2", "Host " + host + " timed out: " + phase.awaits()), true);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    phase.onReply((Reply) message);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    if (over) {
      close();
    } else {
      lose(Reply.of(451, "4.4.2", "Host " + host + " hung up: " + phase.awaits()), false);
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (channel.isWritable()) {
      phase.onWritable();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof SslHandshakeCompletionEvent handshake) {
      String detail =
          handshake.isSuccess() ? "" : Objects.toString(handshake.cause().getMessage(), "");
      SslHandler handler = channel.pipeline().get(SslHandler.class);
      if (handshake.isSuccess() && handler != null) {
        SSLSession session = handler.engine().getSession();
        watch.handshakeEnded(session.getProtocol(), session.getCipherSuite());
      }
      phase.onTls(handshake.isSuccess(), detail);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    LOG.debug("connection to {}", host, cause);
    if (over) {
      close();
      return;
    }
    switch (cause) {
      case DecoderException e ->
          protocolError(Objects.toString(e.getMessage(), "reply not understood"));
      case RuntimeException e -> internalError(e);
      default ->
          lose(Reply.of(451, "4.4.2", "Connection to " + host + " lost: " + phase.awaits()), false);
    }
  }

  /** Nothing is awaited but the end. */
  private final class Leaving implements Phase {
    @Override
    public String awaits() {
      return "the end";
    }

    @Override
    public void onReply(Reply reply) {
      close();
    }

    @Override
    public void onLost(Reply reason, boolean silent) {
      // Whoever left has told its story already.
    }
  }
}
