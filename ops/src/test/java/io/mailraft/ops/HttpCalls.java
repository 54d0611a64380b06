package io.mailraft.ops;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.mailraft.ops.chaos.NodeProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A client of a node's HTTP listener. */
final class HttpCalls implements AutoCloseable {
  static final String JSON = "application/json";
  static final String MAIL = "message/rfc822";

  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(ClusterRun.BOUND)
          .build();
  private final String base;
  private final Duration timeout;

  HttpCalls(NodeProcess node) {
    this(node, ClusterRun.BOUND);
  }

  HttpCalls(NodeProcess node, Duration timeout) {
    this.base = "http://" + node.http().getAddress().getHostAddress() + ":" + node.http().getPort();
    this.timeout = timeout;
  }

  /** An answer with its whole body. */
  record Answer(int status, String type, String retryAfter, String body) {
    JsonElement json() {
      return JsonParser.parseString(body);
    }

    JsonObject object() {
      return json().getAsJsonObject();
    }

    String text(String field) {
      return object().get(field).getAsString();
    }

    long number(String field) {
      return object().get(field).getAsLong();
    }
  }

  Answer get(String path) throws IOException, InterruptedException {
    return send("GET", path, BodyPublishers.noBody());
  }

  Answer delete(String path) throws IOException, InterruptedException {
    return send("DELETE", path, BodyPublishers.noBody());
  }

  Answer put(String path) throws IOException, InterruptedException {
    return send("PUT", path, BodyPublishers.noBody());
  }

  /** A message as JSON; a single quote stands for a double one. */
  Answer send(String json) throws IOException, InterruptedException {
    return post("/send", JSON, json.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  Answer post(String path, String type, byte[] body) throws IOException, InterruptedException {
    return send("POST", path, BodyPublishers.ofByteArray(body), "Content-Type", type);
  }

  Answer send(String method, String path, BodyPublisher body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + path)).timeout(timeout).method(method, body);
    if (headers.length > 0) {
      request.headers(headers);
    }
    HttpResponse<String> response = client.send(request.build(), BodyHandlers.ofString());
    return new Answer(
        response.statusCode(),
        response.headers().firstValue("Content-Type").orElse(""),
        response.headers().firstValue("Retry-After").orElse(""),
        response.body());
  }

  /** Both numbers of a counter. */
  record Count(long active, long deferred) {}

  Count count(String path) throws IOException, InterruptedException {
    Answer answer = get("/counter/" + path);
    if (answer.status() != 200) {
      throw new IOException(answer.toString());
    }
    return new Count(answer.number("active"), answer.number("deferred"));
  }

  /** All rows of a list, asked for page by page. */
  List<JsonObject> list(String path, int limit) throws IOException, InterruptedException {
    List<JsonObject> rows = new ArrayList<>();
    String start = "";
    do {
      Answer page = get("/queued/" + path + "?limit=" + limit + start);
      if (page.status() != 200) {
        throw new IOException(page.toString());
      }
      page.object().getAsJsonArray("list").forEach(row -> rows.add(row.getAsJsonObject()));
      start = page.object().has("next") ? "&start=" + page.text("next") : "";
    } while (!start.isEmpty());
    return rows;
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
