package io.mailraft.node.http;

import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.ResponseHeadersBuilder;
import com.linecorp.armeria.server.DecoratingHttpServiceFunction;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.mailraft.config.ListenerAuth;
import io.mailraft.node.access.Credentials;
import io.mailraft.node.access.Gate;
import io.mailraft.node.access.Transport;
import io.mailraft.node.access.Verdict;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Asks whoever makes a request who they are, by Basic or Bearer, and notes the {@link
 * io.mailraft.node.access.Account} on the request. Some paths are for everybody.
 */
final class WhoAsks implements DecoratingHttpServiceFunction {
  private static final String CHALLENGE =
      "Basic realm=\"mailraft\", charset=\"UTF-8\", Bearer realm=\"mailraft\"";
  private static final String SOON_SECONDS = "5";

  private final Gate gate;
  private final ListenerAuth auth;
  private final Set<String> unasked;

  /**
   * @param unasked paths that are served without
   */
  WhoAsks(Gate gate, ListenerAuth auth, Set<String> unasked) {
    this.gate = gate;
    this.auth = auth;
    this.unasked = unasked;
  }

  @Override
  public HttpResponse serve(
      HttpService delegate, ServiceRequestContext context, HttpRequest request) throws Exception {
    Optional<String> header =
        Optional.ofNullable(request.headers().get(HttpHeaderNames.AUTHORIZATION));
    if (unasked.contains(context.path()) || (header.isEmpty() && !auth.required())) {
      return delegate.serve(context, request);
    }
    if (!auth.allowPlaintext() && !context.sessionProtocol().isTls()) {
      return JsonErrors.answer(
          context.path(), HttpStatus.FORBIDDEN, "this listener takes passwords under TLS alone");
    }
    Optional<Credentials> credentials = header.flatMap(Credentials::ofHeader);
    if (credentials.isEmpty()) {
      return unauthorized(context);
    }
    CompletableFuture<Verdict> verdict =
        gate.ask(credentials.get(), context.clientAddress(), Transport.HTTP);
    if (verdict.isDone()) {
      return answer(verdict.join(), delegate, context, request);
    }
    return HttpResponse.of(
        verdict.thenApplyAsync(
            given -> {
              try {
                return answer(given, delegate, context, request);
              } catch (Exception e) {
                return HttpResponse.ofFailure(e);
              }
            },
            context.eventLoop()));
  }

  private static HttpResponse answer(
      Verdict verdict, HttpService delegate, ServiceRequestContext context, HttpRequest request)
      throws Exception {
    return switch (verdict) {
      case Verdict.Admitted admitted -> {
        admitted.account().attachTo(context);
        yield delegate.serve(context, request);
      }
      case Verdict.Denied _ -> unauthorized(context);
      case Verdict.TooMany tooMany ->
          later(
              context,
              HttpStatus.TOO_MANY_REQUESTS,
              String.valueOf(tooMany.retryAfter().toSeconds()),
              "too many failed attempts, try again later");
      case Verdict.Unavailable _ ->
          later(
              context,
              HttpStatus.SERVICE_UNAVAILABLE,
              SOON_SECONDS,
              "nobody can tell just now who you are, try again later");
    };
  }

  private static HttpResponse unauthorized(ServiceRequestContext context) {
    return JsonErrors.answer(
        context.path(),
        ResponseHeaders.builder(HttpStatus.UNAUTHORIZED)
            .set(HttpHeaderNames.WWW_AUTHENTICATE, CHALLENGE),
        "this listener wants to know who you are: name and password (Basic) or a token (Bearer)"
            + " that are known");
  }

  private static HttpResponse later(
      ServiceRequestContext context, HttpStatus status, String seconds, String error) {
    ResponseHeadersBuilder headers = ResponseHeaders.builder(status);
    headers.set(HttpHeaderNames.RETRY_AFTER, seconds);
    return JsonErrors.answer(context.path(), headers, error);
  }
}
