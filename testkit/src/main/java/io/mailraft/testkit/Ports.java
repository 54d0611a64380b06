package io.mailraft.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports of 127.0.0.1 that nobody listens on. They lie below the range from which the system gives
 * outgoing connections theirs, so that a node that is restarted finds its port still free.
 */
public final class Ports {
  private static final int FIRST = 20_000;
  private static final int LAST = 32_000;
  private static final int TRIES_MAX = 1_000;

  private Ports() {}

  /**
   * So many different ones.
   *
   * @throws IOException if hardly any is free
   */
  public static List<Integer> free(int count) throws IOException {
    List<ServerSocket> held = new ArrayList<>();
    try {
      for (int tries = 0; held.size() < count; tries++) {
        if (tries == TRIES_MAX) {
          throw new IOException("no " + count + " free ports between " + FIRST + " and " + LAST);
        }
        hold(ThreadLocalRandom.current().nextInt(FIRST, LAST), held);
      }
      return held.stream().map(ServerSocket::getLocalPort).toList();
    } finally {
      for (ServerSocket socket : held) {
        socket.close();
      }
    }
  }

  private static void hold(int port, List<ServerSocket> held) throws IOException {
    ServerSocket socket = new ServerSocket();
    try {
      socket.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port));
      held.add(socket);
    } catch (IOException taken) {
      // The only way to ask whether a port is free is to try; the caller draws another one.
      socket.close();
    }
  }
}
