package io.mailraft.queue.raft;

import io.mailraft.config.HostPort;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * What lies between nodes: each one is called at an address of this class, which passes on what
 * comes, until it is cut. From then on nothing passes, and nobody is told.
 *
 * <p>When it is mended, new connections pass. Those from before stay silent, as TCP leaves them
 * after a long cut: it sends again after ever longer waits, of two minutes in the end.
 */
final class SilentLinks implements AutoCloseable {
  private static final int BUFFER_BYTES = 1 << 16;

  private final Map<String, HostPort> peers;
  private final Map<String, HostPort> doors = new LinkedHashMap<>();
  private final Queue<Closeable> open = new ConcurrentLinkedQueue<>();
  private final Queue<Connection> connections = new ConcurrentLinkedQueue<>();
  private volatile boolean cut;

  SilentLinks(Map<String, HostPort> peers) throws IOException {
    this.peers = peers;
    for (Map.Entry<String, HostPort> peer : peers.entrySet()) {
      ServerSocket door = new ServerSocket(0, 50, InetAddress.getByName(peer.getValue().host()));
      open.add(door);
      doors.put(peer.getKey(), new HostPort(peer.getValue().host(), door.getLocalPort()));
      Thread.ofVirtual().start(() -> accept(door, peer.getValue()));
    }
  }

  /** The addresses by which a node knows itself and the others. */
  Map<String, HostPort> seenBy(String node) {
    Map<String, HostPort> seen = new LinkedHashMap<>(doors);
    seen.replaceAll((name, door) -> name.equals(node) ? peers.getOrDefault(name, door) : door);
    return seen;
  }

  void cut() {
    cut = true;
    connections.forEach(connection -> connection.silent = true);
  }

  void mend() {
    cut = false;
  }

  private void accept(ServerSocket door, HostPort to) {
    while (true) {
      Socket caller;
      try {
        caller = door.accept();
      } catch (IOException e) {
        return; // The test is over.
      }
      open.add(caller);
      Connection connection = new Connection();
      connections.add(connection);
      if (cut) {
        connection.silent = true;
      }
      try {
        Socket called = new Socket(to.host(), to.port());
        open.add(called);
        Thread.ofVirtual().start(() -> connection.pass(caller, called));
        Thread.ofVirtual().start(() -> connection.pass(called, caller));
      } catch (IOException e) {
        connection.end(caller); // The node does not run.
      }
    }
  }

  @Override
  public void close() throws IOException {
    for (Closeable each : open) {
      each.close();
    }
  }

  private static final class Connection {
    private volatile boolean silent;

    void pass(Socket from, Socket to) {
      byte[] buffer = new byte[BUFFER_BYTES];
      try {
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
          if (!silent) {
            out.write(buffer, 0, read);
          }
        }
        end(to);
      } catch (IOException e) {
        end(to); // One of the two has gone.
      }
    }

    /** Hangs up, which the other end hears only while this is not silent. */
    void end(Socket socket) {
      if (silent) {
        return;
      }
      try {
        socket.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
