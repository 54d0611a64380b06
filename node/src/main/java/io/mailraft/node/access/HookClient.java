package io.mailraft.node.access;

import com.linecorp.armeria.client.ClientFactory;
import com.linecorp.armeria.client.WebClient;
import com.linecorp.armeria.client.circuitbreaker.CircuitBreaker;
import com.linecorp.armeria.client.circuitbreaker.CircuitBreakerClient;
import com.linecorp.armeria.client.circuitbreaker.CircuitBreakerRule;
import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.metric.NoopMeterRegistry;
import io.mailraft.config.HookConfig;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Calls one address of the user's own application. An answer is small and comes in time, or there
 * is none; while most calls come to nothing no more are made, but for one now and then.
 */
final class HookClient implements AutoCloseable {
  private static final long ANSWER_BYTES_MAX = 256 << 10;
  private static final int CALLS_JUDGED_MIN = 10;
  private static final double BROKEN_SHARE = 0.5;
  private static final Duration OPEN = Duration.ofSeconds(3);

  /** What a server in front of the application says while that is away. */
  private static final HttpStatus[] AWAY = {
    HttpStatus.BAD_GATEWAY, HttpStatus.SERVICE_UNAVAILABLE, HttpStatus.GATEWAY_TIMEOUT
  };

  private final ClientFactory factory;
  private final WebClient client;
  private final String path;
  private final Duration timeout;

  HookClient(String name, HookConfig config) {
    URI url = config.url();
    // Plain HTTP/1.1: small servers do not know what a connection that tries HTTP/2 first wants.
    String protocol = url.getScheme().toLowerCase(Locale.ROOT).equals("https") ? "https" : "h1c";
    this.timeout = config.timeout();
    this.path = pathOf(url);
    this.factory =
        ClientFactory.builder()
            .workerGroup(1)
            .meterRegistry(NoopMeterRegistry.get())
            .connectTimeout(timeout)
            .build();
    this.client =
        WebClient.builder(protocol + "://" + url.getRawAuthority())
            .factory(factory)
            .responseTimeout(timeout)
            .maxResponseLength(ANSWER_BYTES_MAX)
            .decorator(
                CircuitBreakerClient.newDecorator(
                    CircuitBreaker.builder(name)
                        .minimumRequestThreshold(CALLS_JUDGED_MIN)
                        .failureRateThreshold(BROKEN_SHARE)
                        .circuitOpenWindow(OPEN)
                        .build(),
                    CircuitBreakerRule.of(
                        CircuitBreakerRule.onException(), CircuitBreakerRule.onStatus(AWAY))))
            .build();
  }

  private static String pathOf(URI url) {
    String path = url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
    return url.getRawQuery() == null ? path : path + '?' + url.getRawQuery();
  }

  /** The path of the call, with whatever query the settings gave it. */
  String path() {
    return path;
  }

  /**
   * Makes a call. The future ends in an exception where no whole answer comes in time, or one that
   * says that the application is away.
   */
  CompletableFuture<AggregatedHttpResponse> call(HttpRequest request) {
    return client
        .execute(request)
        .aggregate()
        .orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS)
        .thenApply(
            answer -> {
              for (HttpStatus away : AWAY) {
                if (answer.status().equals(away)) {
                  throw new IllegalStateException("it answers " + away);
                }
              }
              return answer;
            });
  }

  @Override
  public void close() {
    var _ = factory.closeAsync(); // Its threads take two quiet seconds to end.
  }
}
