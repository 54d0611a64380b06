package io.mailraft.node.http.v1.history;

import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServerBuilder;
import io.mailraft.node.http.exchange.Calls;
import io.mailraft.node.http.mail.MailCalls;
import io.mailraft.node.http.v1.Problem;
import io.mailraft.queue.Queue;

/** The calls below {@code /v1} that tell what became of messages. */
public final class HistoryApi implements AutoCloseable {
  /** Most streams of events that are open at a time. */
  static final int STREAMS_MAX = 100;

  private final MailCalls shared;
  private final Calls streams;
  private final MessageCalls messages;
  private final StreamCall stream;

  /**
   * @param shared what calls of this listener have in common
   */
  public HistoryApi(MailCalls shared, Queue queue) {
    this.shared = shared;
    this.streams = new Calls(STREAMS_MAX, shared.front().stall(), shared.front().whole());
    EventJson events = new EventJson(queue::cluster);
    this.messages = new MessageCalls(queue.history(), events);
    this.stream = new StreamCall(queue.history(), events);
  }

  /** Adds the calls to a server. */
  public void register(ServerBuilder server) {
    server
        .route()
        .get("/v1/messages")
        .build(service(messages::search))
        .route()
        .get("/v1/messages/{id}")
        .build(service(messages::message))
        .route()
        .get("/v1/messages/{id}/events")
        .build(service(messages::events))
        .route()
        .get("/v1/events")
        .build(
            new MailCalls(streams, shared.front(), shared.spools(), shared.open())
                .service(stream, Problem.FORM));
  }

  private HttpService service(Calls.Call call) {
    return shared.service(call, Problem.FORM);
  }

  /** Ends the streams of events: their clients go on at another node. */
  @Override
  public void close() {
    streams.close();
  }
}
