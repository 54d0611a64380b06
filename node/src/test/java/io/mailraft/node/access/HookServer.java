package io.mailraft.node.access;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.mailraft.config.HookConfig;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The user's own application: a real HTTP server that notes what it is asked. */
public final class HookServer implements AutoCloseable {

  /** A request. */
  public record Asked(String method, String uri, String authorization, String body) {}

  /** How the application answers. */
  @FunctionalInterface
  public interface Answer {
    /** Answers one request. */
    void to(HttpExchange exchange) throws IOException;
  }

  /** What was asked, in order. */
  public final List<Asked> asked = new CopyOnWriteArrayList<>();

  private final CountDownLatch released = new CountDownLatch(1);
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private volatile Answer answer;

  /** Begins to listen. */
  public HookServer(Answer answer) throws IOException {
    this.answer = answer;
    server = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::serve);
    server.start();
  }

  private void serve(HttpExchange exchange) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    asked.add(
        new Asked(
            exchange.getRequestMethod(),
            exchange.getRequestURI().toString(),
            Optional.ofNullable(exchange.getRequestHeaders().getFirst("Authorization")).orElse(""),
            body));
    answer.to(exchange);
    exchange.close();
  }

  /** Answers otherwise from here on. */
  public void answer(Answer other) {
    answer = other;
  }

  /** A status and nothing else. */
  public static Answer status(int status) {
    return exchange -> exchange.sendResponseHeaders(status, -1);
  }

  /** 200 with JSON. */
  public static Answer json(String text) {
    return exchange -> {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(200, bytes.length);
      exchange.getResponseBody().write(bytes);
    };
  }

  /** 200 with so many bytes. */
  public static Answer bytes(long count) {
    return exchange -> {
      exchange.sendResponseHeaders(200, count);
      byte[] block = new byte[64 << 10];
      OutputStream out = exchange.getResponseBody();
      for (long left = count; left > 0; left -= block.length) {
        out.write(block, 0, (int) Math.min(left, block.length));
      }
    };
  }

  /** No answer before the server closes. */
  public Answer never() {
    return exchange -> {
      try {
        released.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    };
  }

  /** Settings that call it. */
  public HookConfig config(String pathAndQuery, Duration timeout) {
    return new HookConfig(
        URI.create("http://127.0.0.1:" + server.getAddress().getPort() + pathAndQuery), timeout);
  }

  @Override
  public void close() {
    released.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
