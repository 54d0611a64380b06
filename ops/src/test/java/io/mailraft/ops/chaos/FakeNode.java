package io.mailraft.ops.chaos;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A program that says that it is ready, as a node does, and is nothing else. */
final class FakeNode {
  private FakeNode() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    String config = Files.readString(Path.of(args[0]));
    String id = find("id: (n[0-9])", config);
    if (config.contains("refuse-me")) {
      System.err.println("bad config");
      System.exit(78); // What a node does with a config that it cannot use.
    }
    HttpServer server =
        HttpServer.create(
            new InetSocketAddress(
                InetAddress.getLoopbackAddress(),
                Integer.parseInt(find("http: .*:([0-9]+)\"", config))),
            0);
    server.createContext(
        "/readyz",
        exchange -> {
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    server.start();
    System.out.println("mailraft " + id + " ready: SMTP nowhere");
    new CountDownLatch(1).await();
  }

  private static String find(String pattern, String text) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    if (!matcher.find()) {
      throw new IllegalArgumentException("no " + pattern + " in " + text);
    }
    return matcher.group(1);
  }
}
