package io.mailraft.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Ports of 127.0.0.1 that nobody listens on. They lie below the range from which the system gives
 * outgoing connections theirs, so that a node that is restarted finds its port still free. A
 * process is given each port once before one comes again: tests that run side by side do not take
 * those that a node of another is about to listen on.
 */
public final class Ports {
  private static final int FIRST = 20_000;
  private static final int LAST = 32_000;
  private static final int TRIES_MAX = 1_000;

  /** Begins anywhere, since other processes draw ports too. */
  private static final AtomicInteger NEXT =
      new AtomicInteger(ThreadLocalRandom.current().nextInt(LAST - FIRST));

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
        hold(FIRST + Math.floorMod(NEXT.getAndIncrement(), LAST - FIRST), held);
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
      // The only way to ask whether a port is free is to try; the caller tries the next one.
      socket.close();
    }
  }
}
