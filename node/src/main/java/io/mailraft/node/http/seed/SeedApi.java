package io.mailraft.node.http.seed;

import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServerBuilder;
import io.mailraft.config.MailraftConfig;
import io.mailraft.node.access.ConfigHook;
import io.mailraft.node.http.exchange.Calls;
import io.mailraft.node.http.exchange.ErrorForm;
import io.mailraft.node.http.mail.AcceptedMeters;
import io.mailraft.node.http.mail.Front;
import io.mailraft.node.http.mail.MailCalls;
import io.mailraft.node.spool.Spool;
import io.mailraft.queue.Inspection;
import io.mailraft.queue.Queue;
import io.mailraft.queue.Uploads;
import io.mailraft.router.Router;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Supplier;

/** The calls of the seed's API, and what they share. */
public final class SeedApi implements AutoCloseable {
  /** Heap that one request may want beside what is bounded elsewhere, in bytes. */
  private static final long REQUEST_BYTES = 512 << 10;

  private final Calls calls;
  private final Front front;
  private final Spool spool;
  private final AcceptedMeters meters;
  private final SendCall send;
  private final SendRawCall sendRaw;
  private final CounterCalls counters;
  private final QueuedCall queued;
  private final MessageCall message;
  private final FetchCall fetch;
  private final OrderCalls orders;
  private volatile boolean open;

  /**
   * Opens the directory of spooled requests.
   *
   * @param uploads where messages go
   * @param router the zones as they are
   * @param hook is asked about each message
   * @throws IOException if the directory cannot be used
   */
  public SeedApi(
      MailraftConfig config,
      Queue queue,
      Uploads uploads,
      Supplier<Router> router,
      InstantSource clock,
      MeterRegistry metrics,
      Optional<ConfigHook> hook)
      throws IOException {
    long heap = Runtime.getRuntime().maxMemory();
    front = Front.of(config, uploads, submission -> router.get().route(submission), clock, hook);
    spool = new Spool(config.node().dataDir(), config.queue().minFreeBytes(), heap / 16);
    Inspection inspection = queue.inspection();
    Zones zones = new Zones(inspection, router);
    meters = new AcceptedMeters(metrics);
    calls = new Calls(Math.clamp(heap / REQUEST_BYTES, 16, 4096), front.stall(), front.whole());
    send = new SendCall(front, spool, meters);
    sendRaw = new SendRawCall(front, meters);
    counters = new CounterCalls(zones, clock);
    queued = new QueuedCall(zones);
    message = new MessageCall(inspection);
    fetch = new FetchCall(inspection);
    orders = new OrderCalls(inspection, queue.orders(), front.trusted());
  }

  /** Adds the calls to a server. */
  public void register(ServerBuilder server) {
    server
        .route()
        .post("/send")
        .build(service(send))
        .route()
        .post("/send-raw")
        .build(service(sendRaw))
        .route()
        .get("/counter/zone/{zone}")
        .build(service(counters::zone))
        .route()
        .get("/counter/domain/{domain}")
        .build(service(counters::domain))
        .route()
        .get("/queue/{zone}")
        .build(service(counters::queue))
        .route()
        .get("/zones")
        .build(service(counters::zones))
        .route()
        .get("/queued/{type}/{zone}")
        .build(service(queued))
        .route()
        .get("/message/{id}")
        .build(service(message))
        .route()
        .get("/fetch/{id}")
        .build(service(fetch))
        .route()
        .delete("/message/{id}/{seq}")
        .build(service(orders::cancel))
        .route()
        .put("/message/{id}/{seq}")
        .build(service(orders::sendNow));
  }

  private HttpService service(Calls.Call call) {
    return shared().service(call, ErrorForm.PLAIN);
  }

  /** What other calls of the listener have in common with these. */
  public MailCalls shared() {
    return new MailCalls(calls, front, spool, meters, () -> open);
  }

  /** From here on calls are served: the node has joined its cluster and knows its zones. */
  public void open() {
    open = true;
  }

  /** Interrupts what is being served. */
  @Override
  public void close() {
    calls.close();
  }
}
