package io.mailraft.node.http;

import com.linecorp.armeria.server.ServerBuilder;
import io.mailraft.config.MailraftConfig;
import io.mailraft.node.access.ConfigHook;
import io.mailraft.node.heap.HeapBudget;
import io.mailraft.node.http.exchange.Calls;
import io.mailraft.node.http.mail.AcceptedMeters;
import io.mailraft.node.http.mail.Front;
import io.mailraft.node.http.mail.MailCalls;
import io.mailraft.node.http.seed.SeedApi;
import io.mailraft.node.http.v1.V1Api;
import io.mailraft.node.http.v1.history.HistoryApi;
import io.mailraft.node.spool.Spool;
import io.mailraft.queue.Queue;
import io.mailraft.queue.Uploads;
import io.mailraft.router.Router;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Supplier;

/** All calls of the HTTP listener, and the owner of what they share. */
public final class HttpApi implements AutoCloseable {
  /** Heap that a usual request wants beside what is bounded elsewhere, in bytes. */
  private static final long REQUEST_BYTES = 512 << 10;

  private static final int AT_ONCE_MIN = 16;
  private static final int AT_ONCE_MAX = 4096;

  private final Calls calls;
  private final SeedApi seed;
  private final V1Api v1;
  private final HistoryApi history;
  private volatile boolean open;

  /**
   * Opens the directory of spooled requests.
   *
   * @param uploads where messages go
   * @param router the zones as they are
   * @param budget what requests may take of it, beside content
   * @param hook is asked about each message
   * @throws IOException if the directory cannot be used
   */
  public HttpApi(
      MailraftConfig config,
      Queue queue,
      Uploads uploads,
      Supplier<Router> router,
      InstantSource clock,
      MeterRegistry metrics,
      HeapBudget budget,
      Optional<ConfigHook> hook)
      throws IOException {
    long heap = Runtime.getRuntime().maxMemory();
    Spool spools = new Spool(config.node().dataDir(), config.queue().minFreeBytes(), heap / 16);
    Front front =
        Front.of(
            config,
            uploads,
            submission -> router.get().route(submission),
            clock,
            budget,
            hook,
            new AcceptedMeters(metrics));
    calls =
        new Calls(
            Math.clamp(heap / REQUEST_BYTES, AT_ONCE_MIN, AT_ONCE_MAX),
            front.stall(),
            front.whole());
    MailCalls shared = new MailCalls(calls, front, spools, () -> open);
    seed = new SeedApi(shared, queue, router);
    v1 = new V1Api(shared, router);
    history = new HistoryApi(shared, queue);
  }

  /** Adds the calls to a server. */
  public void register(ServerBuilder server) {
    seed.register(server);
    v1.register(server);
    history.register(server);
  }

  /** From here on calls are served: the node has joined its cluster and knows its zones. */
  public void open() {
    open = true;
  }

  /** Ends the streams of events: their clients go on at another node. */
  public void endStreams() {
    history.close();
  }

  /** Interrupts what is being served. */
  @Override
  public void close() {
    calls.close();
  }
}
