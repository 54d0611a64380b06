package io.mailraft.node.http.exchange;

import com.linecorp.armeria.common.HttpMethod;
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

/** Runs requests on virtual threads, and turns what is thrown there into answers. */
public final class Calls implements AutoCloseable {
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("http-", 0).factory());
  private final Places bodies;
  private final Places questions;
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
   * @param atOnceMax most requests with a body at a time, and most without; one more is answered
   *     503, and 429 where its client has half of them already
   * @param stall longest silence of a client
   * @param whole time for a whole body
   */
  public Calls(int atOnceMax, Duration stall, Duration whole) {
    int ofClientMax = Math.max(1, atOnceMax / 2);
    this.bodies = new Places(atOnceMax, ofClientMax);
    this.questions = new Places(atOnceMax, ofClientMax);
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
      // A body may trickle in for as long as its time allows: that keeps nobody from asking.
      Places places = context.method() == HttpMethod.POST ? bodies : questions;
      String client = exchange.clientName();
      Places.Taking taking = places.take(client);
      switch (taking) {
        case TAKEN -> threads.execute(() -> run(call, exchange, context, places, client));
        case ALL_TAKEN ->
            exchange.fail(
                Fault.of(
                    HttpStatus.SERVICE_UNAVAILABLE,
                    "Busy",
                    "too many requests are being served, try again later",
                    Optional.of(Faults.SOON)));
        case ENOUGH_FOR_ONE ->
            exchange.fail(
                Fault.of(
                    HttpStatus.TOO_MANY_REQUESTS,
                    "TooManyRequests",
                    "this client has "
                        + places.ofClientMax()
                        + " requests open, and may have no more at a time",
                    Optional.of(Faults.SOON)));
      }
      return HttpResponse.of(exchange.answer());
    };
  }

  private static void run(
      Call call, Exchange exchange, ServiceRequestContext context, Places places, String client) {
    try {
      call.serve(exchange);
    } catch (IOException | QueueException | RuntimeException e) {
      exchange.fail(Faults.of(e, context.method() + " " + context.path()));
    } finally {
      places.release(client);
      exchange.end();
    }
  }

  /** Interrupts what still runs. */
  @Override
  public void close() {
    threads.shutdownNow();
  }
}
