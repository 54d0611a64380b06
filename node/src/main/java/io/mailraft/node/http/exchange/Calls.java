package io.mailraft.node.http.exchange;

import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.mailraft.node.json.InputException;
import io.mailraft.node.json.InputException.Fault;
import io.mailraft.node.spool.SpoolFullException;
import io.mailraft.queue.QueueException;
import io.mailraft.queue.QueueException.Reason;
import io.mailraft.queue.store.DamagedException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs requests on virtual threads, and turns what is thrown there into answers. */
public final class Calls implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Calls.class);

  /** Waits that a client is asked for. */
  private static final Duration SOON = Duration.ofSeconds(1);

  private static final Duration LATER = Duration.ofSeconds(5);
  private static final Duration MUCH_LATER = Duration.ofSeconds(60);

  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("http-", 0).factory());
  private final Semaphore places;
  private final boolean loopback;
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
   * @param loopback whether the listener is for this machine alone, so that requests must name it
   * @param atOnceMax most requests at a time; one more is answered 503
   * @param stall longest silence of a client
   * @param whole time for a whole body
   */
  public Calls(boolean loopback, int atOnceMax, Duration stall, Duration whole) {
    this.loopback = loopback;
    this.places = new Semaphore(atOnceMax);
    this.stall = stall;
    this.whole = whole;
  }

  /** The service that makes that call. */
  public HttpService service(Call call) {
    return (context, request) -> {
      Exchange exchange = new Exchange(context, request, stall, whole);
      if (loopback && !LocalName.isLocal(Optional.ofNullable(request.authority()))) {
        exchange.fail(
            HttpStatus.FORBIDDEN,
            "ForeignHost",
            "this listener is for this machine: call it 127.0.0.1 or localhost",
            Optional.empty());
        return HttpResponse.of(exchange.answer());
      }
      if (!places.tryAcquire()) {
        exchange.fail(
            HttpStatus.SERVICE_UNAVAILABLE,
            "Busy",
            "too many requests are being served, try again later",
            Optional.of(SOON));
        return HttpResponse.of(exchange.answer());
      }
      threads.execute(() -> run(call, exchange, context));
      return HttpResponse.of(exchange.answer());
    };
  }

  private void run(Call call, Exchange exchange, ServiceRequestContext context) {
    try {
      call.serve(exchange);
    } catch (InputException e) {
      HttpStatus status =
          e.fault() == Fault.TOO_LARGE
              ? HttpStatus.REQUEST_ENTITY_TOO_LARGE
              : HttpStatus.BAD_REQUEST;
      fail(exchange, status, e.fault().code(), e, Optional.empty());
    } catch (RefusedException e) {
      fail(exchange, e.status(), e.code(), e, e.retryAfter());
    } catch (ClientGoneException e) {
      LOG.debug("{} {} broke off", context.method(), context.path(), e);
      exchange.fail(HttpStatus.BAD_REQUEST, "BrokenOff", "the request broke off", Optional.empty());
    } catch (QueueException e) {
      queue(exchange, e);
    } catch (SpoolFullException e) {
      LOG.warn("a request was refused: {}", e.getMessage());
      fail(exchange, Reason.DISK_FULL, MUCH_LATER);
    } catch (IOException e) {
      LOG.error("a file of a request cannot be used", e);
      exchange.fail(
          HttpStatus.SERVICE_UNAVAILABLE,
          "StorageTrouble",
          "the service has trouble with its disk, try again later",
          Optional.of(MUCH_LATER));
    } catch (DamagedException e) {
      LOG.debug("the replica stops", e); // It says so itself.
      fail(exchange, Reason.NO_MAJORITY, LATER);
    } catch (RuntimeException e) {
      LOG.error("{} {} ended in an unexpected error", context.method(), context.path(), e);
      exchange.fail(
          HttpStatus.INTERNAL_SERVER_ERROR,
          "InternalError",
          "the service has trouble, try again later",
          Optional.empty());
    } finally {
      places.release();
      exchange.end();
    }
  }

  private static void fail(
      Exchange exchange,
      HttpStatus status,
      String code,
      IOException e,
      Optional<Duration> retryAfter) {
    exchange.fail(status, code, String.valueOf(e.getMessage()), retryAfter);
  }

  private static void queue(Exchange exchange, QueueException e) {
    LOG.debug("the queue refused a request: {}: {}", e.reason(), e.getMessage());
    switch (e.reason()) {
      case NO_MAJORITY -> fail(exchange, e.reason(), LATER);
      case BUSY, STOPPING -> fail(exchange, e.reason(), SOON);
      case DISK_FULL -> fail(exchange, e.reason(), MUCH_LATER);
      case OVER_QUOTA ->
          exchange.fail(
              HttpStatus.TOO_MANY_REQUESTS,
              "OverQuota",
              e.text(),
              Optional.of(e.retryAfter().orElse(MUCH_LATER)));
      case INVALID ->
          exchange.fail(HttpStatus.BAD_REQUEST, "Refused", e.reason().text(), Optional.empty());
      case UNKNOWN ->
          exchange.fail(HttpStatus.NOT_FOUND, "NotFound", e.reason().text(), Optional.empty());
    }
  }

  private static void fail(Exchange exchange, Reason reason, Duration retryAfter) {
    String code =
        switch (reason) {
          case NO_MAJORITY -> "NoMajority";
          case DISK_FULL -> "DiskFull";
          case BUSY -> "Busy";
          case STOPPING -> "Stopping";
          case OVER_QUOTA, INVALID, UNKNOWN ->
              throw new IllegalArgumentException("not for a later try");
        };
    exchange.fail(HttpStatus.SERVICE_UNAVAILABLE, code, reason.text(), Optional.of(retryAfter));
  }

  /** Interrupts what still runs. */
  @Override
  public void close() {
    threads.shutdownNow();
  }
}
