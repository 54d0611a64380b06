package io.mailraft.node.http.seed;

import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServerBuilder;
import io.mailraft.node.http.exchange.Calls;
import io.mailraft.node.http.exchange.ErrorForm;
import io.mailraft.node.http.mail.Front;
import io.mailraft.node.http.mail.MailCalls;
import io.mailraft.queue.Inspection;
import io.mailraft.queue.Queue;
import io.mailraft.router.Router;
import java.util.function.Supplier;

/** The calls of the seed's API. */
public final class SeedApi {
  private final MailCalls shared;
  private final SendCall send;
  private final SendRawCall sendRaw;
  private final CounterCalls counters;
  private final QueuedCall queued;
  private final MessageCall message;
  private final FetchCall fetch;
  private final OrderCalls orders;

  /**
   * @param shared what calls of this listener have in common
   * @param router the zones as they are
   */
  public SeedApi(MailCalls shared, Queue queue, Supplier<Router> router) {
    this.shared = shared;
    Front front = shared.front();
    Inspection inspection = queue.inspection();
    Zones zones = new Zones(inspection, router);
    this.send = new SendCall(front, shared.spools());
    this.sendRaw = new SendRawCall(front);
    this.counters = new CounterCalls(zones, front.clock());
    this.queued = new QueuedCall(zones);
    this.message = new MessageCall(inspection);
    this.fetch = new FetchCall(inspection);
    this.orders = new OrderCalls(inspection, queue.orders(), front.trusted());
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
    return shared.service(call, ErrorForm.PLAIN);
  }
}
