package io.mailraft.node.http.v1;

import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServerBuilder;
import io.mailraft.node.http.exchange.Calls;
import io.mailraft.node.http.mail.MailCalls;
import io.mailraft.router.Router;
import java.util.function.Supplier;

/** The calls below {@code /v1} that take mail. */
public final class V1Api {
  private final MailCalls shared;
  private final MessagesCall messages;
  private final BatchCall batch;

  /**
   * @param router the zones as they are
   */
  public V1Api(MailCalls shared, Supplier<Router> router) {
    this.shared = shared;
    MessageIntake intake =
        new MessageIntake(shared.front(), shared.spools(), () -> router.get().zones());
    this.messages = new MessagesCall(shared.front(), intake);
    this.batch =
        new BatchCall(
            shared.front(), shared.spools(), intake, Runtime.getRuntime().maxMemory() / 4);
  }

  /** Adds the calls to a server. */
  public void register(ServerBuilder server) {
    server
        .route()
        .post("/v1/messages")
        .build(service(messages))
        .route()
        .post("/v1/messages/batch")
        .build(service(batch));
    DocsPage.register(server);
  }

  private HttpService service(Calls.Call call) {
    return shared.service(call, Problem.FORM);
  }
}
