package io.mailraft.node.smtp;

import io.mailraft.node.smtp.SmtpEvents.Refusal;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The listening socket: refuses who may not connect with one line, and hands everyone else to
 * SubEthaSMTP. A refusal costs no session and no thread, and waits for nothing: its line fits the
 * fresh socket's buffer.
 */
final class AdmittingServerSocket extends ServerSocket {
  private static final Logger LOG = LoggerFactory.getLogger(AdmittingServerSocket.class);

  private final Door door;
  private final Admission admission;
  private final Set<ClientSocket> sockets;
  private volatile boolean stopping;

  AdmittingServerSocket(Door door, Admission admission, Set<ClientSocket> sockets)
      throws IOException {
    this.door = door;
    this.admission = admission;
    this.sockets = sockets;
  }

  /** Stops the sessions that are admitted while the listener stops. */
  void stop() {
    stopping = true;
  }

  @Override
  public Socket accept() throws IOException {
    while (true) {
      ClientSocket socket = new ClientSocket();
      implAccept(socket);
      InetAddress client = socket.getInetAddress();
      try {
        Optional<Refusal> refusal = admission.enter(client);
        if (refusal.isEmpty()) {
          admit(socket, client);
          return socket;
        }
        door.events().sessionRefused(refusal.get());
        LOG.info("Refused a connection of {}: {}", client.getHostAddress(), refusal.get());
        if (door.config().implicitTls()) {
          socket.close(); // A line in the clear would look like a broken handshake.
        } else {
          socket.refuse(reply(refusal.get()));
        }
      } catch (IOException | RuntimeException e) {
        // A client that is gone already, or an error of ours, must not end the listener.
        LOG.debug("A connection of {} ended at its start", client.getHostAddress(), e);
        socket.close();
      }
    }
  }

  private void admit(ClientSocket socket, InetAddress client) throws IOException {
    socket.onClose(
        () -> {
          sockets.remove(socket);
          admission.leave(client);
          door.events().sessionClosed();
        });
    door.events().sessionOpened();
    socket.begin(door);
    socket.setTcpNoDelay(true);
    sockets.add(socket);
    if (stopping) {
      socket.conversation().wire().stop();
    }
  }

  private static Reply reply(Refusal refusal) {
    return switch (refusal) {
      case NOT_ALLOWED -> Reply.NOT_ALLOWED;
      case TOO_MANY_CONNECTIONS -> Reply.TOO_MANY_CONNECTIONS;
      case TOO_MANY_OF_ADDRESS -> Reply.TOO_MANY_OF_ADDRESS;
      case STOPPING -> Reply.STOPPING;
    };
  }
}
