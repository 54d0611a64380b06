package io.mailraft.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An SMTP server that takes mail, or misbehaves as a {@link Script} tells it to. */
public final class SmtpSink implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SmtpSink.class);
  private static final int BACKLOG = 1024;

  /** What is kept of a message's content. */
  public enum Keep {
    /** All of it. */
    CONTENT,
    /** Its size and SHA-256, however large it is. */
    DIGEST,
    /** Its size alone: the least work. */
    COUNT
  }

  /**
   * How a sink is set up.
   *
   * @param listen address; port 0 for a free one
   * @param onMessage called with each message that is taken, before it is answered
   * @param script what to do at each stage
   * @param keep what is kept of the content
   * @param tls offers STARTTLS with this where present, see {@link TestCertificate}
   */
  public record Options(
      InetSocketAddress listen,
      Consumer<Received> onMessage,
      Script script,
      Keep keep,
      Optional<SSLContext> tls) {

    /** Without STARTTLS, and with the whole content kept. */
    public Options(InetSocketAddress listen, Consumer<Received> onMessage, Script script) {
      this(listen, onMessage, script, Keep.CONTENT, Optional.empty());
    }

    /** A well-behaved sink on a free port of 127.0.0.1. */
    public static Options of(Consumer<Received> onMessage) {
      return new Options(loopback(0), onMessage, Script.OBEDIENT);
    }

    /** The same with another address to listen on. */
    public Options withListen(InetSocketAddress other) {
      return new Options(other, onMessage, script, keep, tls);
    }

    /** The same with another script. */
    public Options withScript(Script other) {
      return new Options(listen, onMessage, other, keep, tls);
    }

    /** The same with another choice of what is kept. */
    public Options withKeep(Keep other) {
      return new Options(listen, onMessage, script, other, tls);
    }

    /** The same with STARTTLS offered. */
    public Options withTls(SSLContext context) {
      return new Options(listen, onMessage, script, keep, Optional.of(context));
    }
  }

  /**
   * A message that was taken.
   *
   * @param helo what the client called itself
   * @param mailFrom reverse path without brackets; empty for the null sender
   * @param mailParameters what followed the reverse path, as it came
   * @param recipients accepted forward paths without brackets, in order
   * @param content content without dot-stuffing; empty unless {@link Keep#CONTENT}
   * @param bytes size of the content in bytes
   * @param sha256 SHA-256 of the content in hex; empty unless {@link Keep#DIGEST}
   * @param peer client's address
   * @param connection number of the connection, counted from 1
   * @param secure whether it came encrypted
   */
  @SuppressWarnings("ArrayRecordComponent") // Content is large and nobody compares these records.
  public record Received(
      String helo,
      String mailFrom,
      String mailParameters,
      List<String> recipients,
      byte[] content,
      long bytes,
      String sha256,
      InetSocketAddress peer,
      long connection,
      boolean secure) {}

  private final Options options;
  private final ServerSocket server;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final AtomicLong connections = new AtomicLong();
  private final AtomicLong messages = new AtomicLong();
  private final CountDownLatch closed = new CountDownLatch(1);

  private SmtpSink(Options options, ServerSocket server) {
    this.options = options;
    this.server = server;
  }

  /**
   * Starts listening.
   *
   * @throws IOException if the address cannot be listened on
   */
  public static SmtpSink start(Options options) throws IOException {
    ServerSocket server = new ServerSocket();
    try {
      server.setReuseAddress(true);
      server.bind(options.listen(), BACKLOG);
    } catch (IOException e) {
      server.close();
      throw e;
    }
    SmtpSink sink = new SmtpSink(options, server);
    Thread.ofVirtual().name("smtp-sink-" + sink.port()).start(sink::accept);
    return sink;
  }

  /** 127.0.0.1 and the port. */
  public static InetSocketAddress loopback(int port) {
    return new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port);
  }

  /** The port that is listened on. */
  public int port() {
    return server.getLocalPort();
  }

  /** Connections accepted so far. */
  public long connections() {
    return connections.get();
  }

  /** Connections open at this time whose client has not said QUIT. */
  public int openConnections() {
    return open.size();
  }

  /** Messages taken so far. */
  public long messages() {
    return messages.get();
  }

  /** Stops listening and breaks off all sessions. */
  @Override
  public void close() throws IOException {
    closed.countDown();
    server.close();
    for (Socket socket : open) {
      socket.close();
    }
  }

  Options options() {
    return options;
  }

  CountDownLatch closed() {
    return closed;
  }

  void taken(Received received) {
    options.onMessage().accept(received);
    messages.incrementAndGet();
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = server.accept();
        open.add(socket);
        long number = connections.incrementAndGet();
        Thread.ofVirtual().name("smtp-sink-session-" + number).start(() -> serve(socket, number));
      }
    } catch (SocketException e) {
      LOG.debug("no longer listening", e);
    } catch (IOException e) {
      LOG.warn("cannot accept connections", e);
    }
  }

  private void serve(Socket socket, long number) {
    try (socket) {
      socket.setTcpNoDelay(true);
      if (closed.getCount() > 0) {
        new SinkSession(this, socket, number, () -> open.remove(socket)).run();
      }
    } catch (IOException e) {
      LOG.debug("connection {} ended", number, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.error("script or callback of connection {} threw", number, e);
    } finally {
      open.remove(socket);
    }
  }
}
