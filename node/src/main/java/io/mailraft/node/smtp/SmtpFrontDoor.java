package io.mailraft.node.smtp;

import io.mailraft.config.SmtpConfig;
import io.mailraft.node.access.Keepers;
import io.mailraft.node.heap.HeapBudget;
import io.mailraft.node.submit.Entrance;
import io.mailraft.node.submit.ZoneChooser;
import io.mailraft.queue.Uploads;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.subethamail.smtp.internal.server.CommandHandler;
import org.subethamail.smtp.server.SMTPServer;
import org.subethamail.smtp.server.Session;
import org.subethamail.smtp.server.SessionHandler;

/** One SMTP listener: takes mail and hands it to the queue. */
public final class SmtpFrontDoor implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SmtpFrontDoor.class);
  private static final Duration GOODBYE_MAX = Duration.ofMillis(500);
  private static final int BACKLOG = 1024;

  /**
   * Sessions that SubEthaSMTP may still be taking down while we have counted their connections out
   * already. Its own limit is never to be met, since it answers without an enhanced code.
   */
  private static final int ENDING_SESSIONS_MAX = 1000;

  private final Door door;
  private final Admission admission;
  private final Set<ClientSocket> sockets = ConcurrentHashMap.newKeySet();
  private final DeadlineWatch watch;
  private Optional<SMTPServer> server = Optional.empty();
  private Optional<AdmittingServerSocket> listening = Optional.empty();

  /**
   * Prepares a listener; nothing is bound before {@link #start}.
   *
   * @param config settings
   * @param uploads where messages go
   * @param zones gives recipients their zones
   * @param domains gives recipients their domains
   * @param node name of this node
   * @param clock time for Date fields and acceptance
   * @param events who is told what happens
   * @param keepers whom the listener asks who may come
   * @param heap what mail may take of it on its way in
   */
  public SmtpFrontDoor(
      SmtpConfig config,
      Uploads uploads,
      ZoneChooser zones,
      RecipientDomains domains,
      String node,
      InstantSource clock,
      SmtpEvents events,
      Keepers keepers,
      HeapBudget heap) {
    Entrance entrance = new Entrance(config.name(), config, node, uploads, zones, clock, heap);
    this.door = new Door(config, entrance, domains, events, keepers);
    this.admission = new Admission(config);
    Duration shortest =
        config.commandTimeout().compareTo(config.dataTimeout()) < 0
            ? config.commandTimeout()
            : config.dataTimeout();
    this.watch = new DeadlineWatch(sockets, shortest);
  }

  /**
   * Binds the address, and returns once clients can connect. Called once.
   *
   * @throws IOException if the address cannot be bound
   */
  public synchronized void start() throws IOException {
    if (server.isPresent()) {
      throw new IllegalStateException("the listener was started already");
    }
    InetSocketAddress address = door.config().listen().toSocketAddress();
    InetAddress host = address.getAddress();
    if (host == null) {
      throw new IOException("cannot listen on " + door.config().listen() + ": unknown host");
    }
    AdmittingServerSocket socket = new AdmittingServerSocket(door, admission, sockets);
    SMTPServer starting =
        SMTPServer.port(address.getPort())
            .bindAddress(host)
            .hostName(door.config().hostname())
            .softwareName("Mailraft")
            .backlog(BACKLOG)
            .connectionTimeoutMs(
                0) // Deadlines are ours: a timeout per read lets slow-drip clients pass.
            .maxConnections(door.config().maxConnections() + ENDING_SESSIONS_MAX)
            .serverThreadName("smtp-accept-" + door.config().name())
            .executorService(new SessionThreads())
            .serverSocketFactory(() -> socket)
            .sessionHandler(new EndOfSession())
            .build();
    addCommands(starting.getCommandHandler());
    try {
      starting.start();
    } catch (RuntimeException e) {
      socket.close();
      starting.getExecutorService().shutdown();
      if (e.getCause() instanceof IOException) {
        throw new IOException(
            "cannot listen on " + door.config().listen() + ": " + e.getCause().getMessage(), e);
      }
      throw e;
    }
    server = Optional.of(starting);
    listening = Optional.of(socket);
    watch.start(door.config().name());
    LOG.info("SMTP listener {} is open at {}", door.config().name(), address());
  }

  private void addCommands(CommandHandler commands) {
    commands.addCommand(HelloCommand.ehlo(door));
    commands.addCommand(HelloCommand.helo(door.config().hostname()));
    commands.addCommand(new StartTlsCommand());
    commands.addCommand(new AuthCommand());
    commands.addCommand(new MailCommand());
    commands.addCommand(new RcptCommand());
    commands.addCommand(new DataCommand());
    commands.addCommand(new BdatCommand());
    PlainCommand.all().forEach(commands::addCommand);
  }

  /**
   * The address that is listened on, with the port that the system gave where the settings left it
   * open.
   *
   * @throws IllegalStateException before {@link #start}
   */
  public synchronized InetSocketAddress address() {
    return (InetSocketAddress)
        listening
            .orElseThrow(() -> new IllegalStateException("the listener was not started"))
            .getLocalSocketAddress();
  }

  /**
   * Refuses new sessions with 421 from here on, ends the idle ones with 421, and waits for those
   * that hold a transaction to finish it.
   *
   * @param grace longest wait
   * @return whether every session has ended
   * @throws InterruptedException if the wait was interrupted
   */
  public boolean stopAccepting(Duration grace) throws InterruptedException {
    admission.stop();
    // Order matters: a socket that is admitted meanwhile either is in the set by now or sees the
    // flag.
    listening().ifPresent(AdmittingServerSocket::stop);
    for (ClientSocket socket : sockets) {
      socket.conversation().wire().stop();
    }
    return admission.awaitNone(System.nanoTime() + grace.toNanos());
  }

  private synchronized Optional<AdmittingServerSocket> listening() {
    return listening;
  }

  /**
   * Ends all sessions and frees the address. A client whose message is on its way to the queue at
   * this moment gets no answer, and will hand it in again (RFC 1047).
   */
  @Override
  public synchronized void close() {
    watch.close();
    if (server.isEmpty()) {
      return;
    }
    SMTPServer running = server.get();
    try {
      stopAccepting(Duration.ZERO);
      for (ClientSocket socket : sockets) {
        socket.conversation().wire().stopNow();
      }
      admission.awaitNone(System.nanoTime() + GOODBYE_MAX.toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    // Before SubEthaSMTP closes its streams, which would wait for a session that is stuck in a
    // write.
    for (ClientSocket socket : sockets) {
      socket.conversation().wire().closeNow();
    }
    running.stop();
    server = Optional.empty();
    LOG.info("SMTP listener {} is closed", door.config().name());
  }

  /** Gives up what a session leaves behind, however it ends. */
  private static final class EndOfSession implements SessionHandler {
    @Override
    public SessionAcceptance accept(Session session) {
      return SessionAcceptance.success();
    }

    @Override
    public void onSessionEnd(Session session) {
      ((ClientSocket) session.getSocket()).conversation().endTransaction();
    }
  }
}
