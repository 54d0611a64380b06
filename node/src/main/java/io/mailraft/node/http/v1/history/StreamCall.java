package io.mailraft.node.http.v1.history;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.linecorp.armeria.common.MediaType;
import io.mailraft.node.http.exchange.Calls;
import io.mailraft.node.http.exchange.Exchange;
import io.mailraft.node.json.InputException;
import io.mailraft.queue.EventStream;
import io.mailraft.queue.History;
import io.mailraft.queue.QueueException;
import io.mailraft.queue.StreamPage;
import io.mailraft.queue.StreamPlace;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * GET /v1/events: everything that happens, as server-sent events.
 *
 * <p>The id of an event is the place behind it in the log of each shard, which is the same on every
 * node. Who comes back with it, here or elsewhere, goes on there.
 */
final class StreamCall implements Calls.Call {
  private static final MediaType EVENTS = MediaType.create("text", "event-stream");
  private static final int PAGE = 200;

  /** Silence after which a comment is sent, so that whoever is in between keeps the connection. */
  private static final Duration SILENCE = Duration.ofSeconds(15);

  private static final String GREETING = "retry: 1000\n\n";
  private static final String STILL_HERE = ": nothing happened\n\n";
  private static final String GAP = "event: gap\ndata: {}\n\n";
  private static final JsonFactory JSON = new JsonFactory();

  private final History history;
  private final EventJson events;

  StreamCall(History history, EventJson events) {
    this.history = history;
    this.events = events;
  }

  @Override
  public void serve(Exchange exchange) throws IOException, QueueException {
    try (EventStream stream = history.follow(start(exchange));
        OutputStream out = exchange.stream(EVENTS, OptionalLong.empty())) {
      write(out, GREETING);
      out.flush();
      while (true) {
        StreamPage page = stream.next(PAGE, SILENCE);
        if (page.gap()) {
          write(out, GAP);
        }
        for (StreamPage.Item item : page.events()) {
          write(out, text(item));
        }
        if (page.idle()) {
          write(out, STILL_HERE);
        }
        out.flush();
      }
    } catch (InterruptedException e) {
      // The node stops. The answer ends in order, and the client goes on elsewhere.
      Thread.currentThread().interrupt();
    }
  }

  /** Behind what the client has seen; else what happens from here on. */
  private StreamPlace start(Exchange exchange) throws InputException {
    Optional<String> seen = exchange.header("last-event-id").filter(text -> !text.isEmpty());
    Optional<String> after = new Parameters(exchange).text("after");
    try {
      return seen.or(() -> after).map(StreamPlace::parse).orElseGet(history::now);
    } catch (IllegalArgumentException e) {
      throw new InputException(
          InputException.Fault.INVALID_PARAMETER,
          (seen.isPresent() ? "Last-Event-ID: " : "after: ") + e.getMessage(),
          e);
    }
  }

  private String text(StreamPage.Item item) throws IOException {
    StringWriter data = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(data)) {
      events.write(json, item.event());
    }
    return "id: "
        + item.place()
        + "\nevent: "
        + EventJson.type(item.event().what())
        + "\ndata: "
        // A line of its own would end the field; within strings JSON has none.
        + data.toString().replace('\n', ' ').replace('\r', ' ')
        + "\n\n";
  }

  private static void write(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
  }
}
