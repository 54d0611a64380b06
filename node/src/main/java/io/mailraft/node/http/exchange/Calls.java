package io.mailraft.node.http.exchange;

import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.mailraft.queue.QueueException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;

/** Runs requests on virtual threads, and turns what is thrown there into answers. */
public final class Calls implements AutoCloseable {
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("http-", 0).factory());
  private final Semaphore places;
  private final Duration stall;
  private final Duration whole;

  /** Serves one request. */
  @FunctionalInterface
  public interface Call {
    /**
     * Answers the exchange.
     *
     * @throws IOException what becomes an error; {@link RefusedException} says which
     * @throws QueueException what the queue refuses
     */
    void serve(Exchange exchange) throws IOException, QueueException;
  }

  /**
   * @param atOnceMax most requests at a time; one more is answered 503
   * @param stall longest silence of a client
   * @param whole time for a whole body
   */
  public Calls(int atOnceMax, Duration stall, Duration whole) {
    this.places = new Semaphore(atOnceMax);
    this.stall = stall;
    this.whole = whole;
  }

  /** The service that makes that call. */
  public HttpService service(Call call) {
    return service(call, ErrorForm.PLAIN);
  }

  /**
   * The service that makes that call.
   *
   * @param errors how its errors look
   */
  public HttpService service(Call call, ErrorForm errors) {
    return (context, request) -> {
      Exchange exchange = new Exchange(context, request, errors, stall, whole);
      if (!places.tryAcquire()) {
        exchange.fail(
            Fault.of(
                HttpStatus.SERVICE_UNAVAILABLE,
                "Busy",
                "too many requests are being served, try again later",
                Optional.of(Faults.SOON)));
        return HttpResponse.of(exchange.answer());
      }
      threads.execute(() -> run(call, exchange, context));
      return HttpResponse.of(exchange.answer());
    };
  }

  private void run(Call call, Exchange exchange, ServiceRequestContext context) {
    try {
      call.serve(exchange);
    } catch (IOException | QueueException | RuntimeException e) {
      exchange.fail(Faults.of(e, context.method() + " " + context.path()));
    } finally {
      places.release();
      exchange.end();
    }
  }

  /** Interrupts what still runs. */
  @Override
  public void close() {
    threads.shutdownNow();
  }
}
