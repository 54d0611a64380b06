package io.mailraft.delivery;

import io.mailraft.config.DeliveryConfig;
import io.mailraft.config.ZonePool;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.smtp.SmtpRequestEncoder;
import io.netty.handler.ssl.SslContext;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One attempt to get a connection to a site from a source: the site's hosts in order of preference,
 * in random order among equals, and their addresses, until one takes mail. All on one event loop.
 */
final class Dial {
  private static final Logger LOG = LoggerFactory.getLogger(Dial.class);
  private static final int ADDRESSES_MAX = 10;
  private static final int WRITE_LOW_BYTES = 64 * 1024;
  private static final int WRITE_HIGH_BYTES = 192 * 1024;
  private static final Reply LAPSED =
      Reply.of(451, "4.3.0", "The lease ended before a connection was opened");

  private static final Reply NO_SOCKET =
      Reply.of(451, "4.3.2", "This node can open no more sockets");

  /** What all dials of an engine share. */
  record Equipment(
      DeliveryConfig config,
      Addresses addresses,
      Sources sources,
      Troubles troubles,
      SslContext tls) {}

  /** What comes of it; exactly one of these is called, once, on the event loop. */
  interface Listener {

    /** A connection whose host takes mail. */
    void connected(SmtpConnection connection);

    /** No host takes mail, for this reason. */
    void missed(Miss miss, Reply reply);

    /** Nobody may connect any longer. */
    void lapsed(Reply reason);
  }

  /** Why there is no connection. */
  enum Miss {
    /** There is no host to connect to. */
    NOWHERE,
    /** No host could be reached, or took mail. */
    UNREACHABLE,
    /** The source's address is not of a family that the hosts have. */
    UNSUITED,
    /** The source's address cannot be used on this machine. */
    UNBOUND,
    /** A host says that the source is blocklisted. */
    BLOCKLISTED,
    /** This node can open no socket. */
    NO_SOCKET
  }

  /**
   * How far it has come.
   *
   * @param host the host, with its address once that is known
   * @param greeting whether the connection is open
   * @param sinceNanos since when, by the monotonic clock
   */
  record Progress(String host, boolean greeting, long sinceNanos) {}

  private final Equipment equipment;
  private final Route.ToSite site;
  private final Source source;
  private final ZonePool.Ipv6 ipv6;
  private final EventLoop loop;
  private final boolean remember;
  private final BooleanSupplier allowed;
  private final Listener listener;
  private final ArrayDeque<Route.Host> hosts;
  private final ArrayDeque<InetAddress> untried = new ArrayDeque<>();
  private volatile Progress progress;
  private String hostName = "";
  private int tried;
  private boolean remembered;
  private boolean unsuited;
  private boolean unbound;
  private Optional<Reply> worst = Optional.empty();

  /**
   * Does nothing until {@link #start}.
   *
   * @param remember whether a host that does not work is remembered as dead; not so while others
   *     are connected to it
   * @param allowed asked before each connection is opened (I5)
   */
  Dial(
      Equipment equipment,
      Route.ToSite site,
      Source source,
      ZonePool.Ipv6 ipv6,
      EventLoop loop,
      boolean remember,
      BooleanSupplier allowed,
      Listener listener) {
    this.equipment = equipment;
    this.site = site;
    this.source = source;
    this.ipv6 = ipv6;
    this.progress = new Progress(site.hosts().getFirst().name(), false, System.nanoTime());
    this.loop = loop;
    this.remember = remember;
    this.allowed = allowed;
    this.listener = listener;
    List<Route.Host> order = new ArrayList<>(site.hosts());
    Collections.shuffle(order, ThreadLocalRandom.current());
    order.sort(Comparator.comparingInt(Route.Host::preference));
    this.hosts = new ArrayDeque<>(order);
  }

  void start() {
    loop.execute(this::nextHost);
  }

  /** How far it has come; from any thread. */
  Progress progress() {
    return progress;
  }

  private void nextHost() {
    Route.Host host = hosts.poll();
    if (host == null) {
      listener.missed(
          miss(),
          worst.orElse(Reply.of(451, "4.4.4", "No host of " + site.key() + " can be reached")));
      return;
    }
    hostName = host.name();
    var _ =
        equipment
            .addresses()
            .find(host, site.fixed(), source, ipv6)
            .exceptionally(e -> unfound(host, e))
            .thenAccept(result -> loop.execute(() -> onAddresses(result)));
  }

  private static Addresses.Result unfound(Route.Host host, Throwable thrown) {
    LOG.error("the addresses of {}", host.name(), thrown);
    return new Addresses.Result.Unusable(
        Reply.of(451, "4.4.3", "The addresses of " + host.name() + " cannot be found"), false);
  }

  private Miss miss() {
    if (unbound) {
      return Miss.UNBOUND;
    }
    if (tried > 0 || remembered) {
      return Miss.UNREACHABLE;
    }
    return unsuited ? Miss.UNSUITED : Miss.NOWHERE;
  }

  private void onAddresses(Addresses.Result result) {
    switch (result) {
      case Addresses.Result.Usable usable -> untried.addAll(usable.addresses());
      case Addresses.Result.Unusable unusable -> {
        unsuited |= unusable.unsuited();
        note(unusable.reply());
      }
    }
    nextAddress();
  }

  private void nextAddress() {
    InetAddress address = untried.poll();
    if (address == null) {
      nextHost();
      return;
    }
    InetSocketAddress remote = new InetSocketAddress(address, site.port());
    Optional<Reply> trouble = equipment.troubles().of(source, remote);
    if (trouble.isPresent()) {
      remembered = true;
      note(trouble.get());
      nextAddress();
    } else if (tried++ < ADDRESSES_MAX) {
      connect(remote, equipment.troubles().clearOnly(remote));
    } else {
      hosts.clear();
      untried.clear();
      nextHost();
    }
  }

  private void connect(InetSocketAddress remote, boolean clear) {
    if (!allowed.getAsBoolean()) {
      listener.lapsed(LAPSED);
      return;
    }
    progress = new Progress(text(remote, hostName), false, System.nanoTime());
    ReplyDecoder decoder = new ReplyDecoder();
    long timeoutMillis =
        Math.min(Integer.MAX_VALUE, equipment.config().connectTimeout().toMillis());
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(NioSocketChannel.class)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.SO_KEEPALIVE, true)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) timeoutMillis)
            .option(
                ChannelOption.WRITE_BUFFER_WATER_MARK,
                new WriteBufferWaterMark(WRITE_LOW_BYTES, WRITE_HIGH_BYTES))
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(decoder, new SmtpRequestEncoder());
                  }
                });
    SocketAddress local =
        source
            .address()
            .or(() -> equipment.sources().pick(remote.getAddress()))
            .map(address -> new InetSocketAddress(address, 0))
            .orElse(null);
    long begunNanos = System.nanoTime();
    ChannelFuture connecting =
        local == null ? bootstrap.connect(remote) : bootstrap.connect(remote, local);
    String name = hostName;
    connecting.addListener(
        done -> {
          if (done.isSuccess()) {
            greet(connecting.channel(), decoder, remote, name, clear, begunNanos);
          } else {
            // Without a channel the news comes on a thread of Netty's own.
            loop.execute(() -> unconnected(remote, name, done.cause()));
          }
        });
  }

  private void unconnected(InetSocketAddress remote, String name, Throwable cause) {
    if (cause instanceof ChannelException) {
      noSocket(cause);
    } else if (!source.own() && isBind(cause)) {
      unbound(remote, name, cause);
    } else {
      trouble(remote, refusal(remote, name, cause));
      nextAddress();
    }
  }

  /** Most likely no file descriptor is left, which is no host's and no source's fault. */
  private void noSocket(Throwable cause) {
    if (equipment.troubles().saysNoSocket()) {
      LOG.warn("no socket can be opened; connections wait until one can be", cause);
    }
    listener.missed(Miss.NO_SOCKET, NO_SOCKET);
  }

  /** Netty wraps what the system says, to name the remote. */
  private static boolean isBind(Throwable cause) {
    return cause instanceof BindException || cause.getCause() instanceof BindException;
  }

  /** The source is at fault, or the machine has no port left: other addresses help as little. */
  private void unbound(InetSocketAddress remote, String name, Throwable cause) {
    LOG.warn("source {} cannot be used: {}", source, String.valueOf(cause.getMessage()));
    unbound = true;
    note(refusal(remote, name, cause));
    hosts.clear();
    untried.clear();
    nextHost();
  }

  private void greet(
      Channel channel,
      ReplyDecoder decoder,
      InetSocketAddress remote,
      String name,
      boolean clear,
      long begunNanos) {
    progress = new Progress(text(remote, name), true, System.nanoTime());
    SmtpConnection connection =
        new SmtpConnection(
            channel,
            decoder,
            remote,
            name,
            equipment.config(),
            new Stopwatch(System::nanoTime, begunNanos));
    Hello.Listener onHello =
        new Hello.Listener() {
          @Override
          public void ready() {
            equipment.troubles().clear(source, remote);
            listener.connected(connection);
          }

          @Override
          public void refused(Reply reply) {
            if (BlocklistReply.says(reply, connection.hop().source())) {
              onceClosed(channel, () -> listener.missed(Miss.BLOCKLISTED, reply));
            } else {
              unusable(reply);
            }
          }

          @Override
          public void unusable(Reply reply) {
            trouble(remote, reply);
            onceClosed(channel, Dial.this::nextAddress);
          }

          @Override
          public void tlsBroken(Reply reply) {
            equipment.troubles().markClearOnly(remote);
            onceClosed(channel, () -> connect(remote, true));
          }
        };
    new Hello(
            connection,
            source.helo(),
            clear ? Optional.empty() : Optional.of(equipment.tls()),
            onHello)
        .start();
    channel.pipeline().addLast(connection);
  }

  /** Until its socket is closed, a connection that takes leave counts as this one. */
  private static void onceClosed(Channel channel, Runnable next) {
    channel.closeFuture().addListener(done -> next.run());
  }

  private static Reply refusal(InetSocketAddress remote, String name, Throwable cause) {
    return Reply.of(
        451,
        "4.4.1",
        "No connection to "
            + text(remote, name)
            + ":"
            + remote.getPort()
            + ": "
            + Objects.toString(cause.getMessage(), cause.getClass().getSimpleName()));
  }

  private static String text(InetSocketAddress remote, String name) {
    return name + " [" + Addresses.text(remote.getAddress()) + "]";
  }

  private void trouble(InetSocketAddress remote, Reply reply) {
    if (remember) {
      equipment.troubles().mark(source, remote, reply);
    }
    note(reply);
  }

  /**
   * Of several reasons the last temporary one counts; only if all are permanent, a permanent one
   * does.
   */
  private void note(Reply reply) {
    if (worst.isEmpty() || worst.get().permanent() || !reply.permanent()) {
      worst = Optional.of(reply);
    }
  }
}
