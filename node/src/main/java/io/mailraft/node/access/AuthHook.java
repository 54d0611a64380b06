package io.mailraft.node.access;

import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.RequestHeaders;
import io.mailraft.config.HookConfig;
import io.mailraft.node.access.Credentials.Password;
import io.mailraft.node.access.Credentials.Token;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the user's own application whether credentials are good: GET with {@code transport} and the
 * credentials in the Authorization header. 2xx lets in, all else does not.
 */
final class AuthHook implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AuthHook.class);

  /** By which an answer names whose a token is. */
  private static final String USER = "X-Authenticated-User";

  private final HookClient client;

  AuthHook(HookConfig config) {
    this.client = new HookClient("access.auth", config);
  }

  CompletableFuture<Verdict> ask(Credentials credentials, Transport transport) {
    String path = client.path();
    char joint = path.indexOf('?') < 0 ? '?' : '&';
    HttpRequest request =
        HttpRequest.of(
            RequestHeaders.of(
                HttpMethod.GET,
                path + joint + "transport=" + transport,
                HttpHeaderNames.AUTHORIZATION,
                credentials.header()));
    return client
        .call(request)
        .handle(
            (answer, trouble) -> {
              if (trouble != null) {
                LOG.warn("access.auth cannot be asked: {}", trouble.toString());
                return new Verdict.Unavailable();
              }
              return verdict(credentials, answer);
            });
  }

  private static Verdict verdict(Credentials credentials, AggregatedHttpResponse answer) {
    if (!answer.status().isSuccess()) {
      return new Verdict.Denied();
    }
    String name =
        switch (credentials) {
          case Password given -> given.name();
          case Token _ ->
              Optional.ofNullable(answer.headers().get(USER))
                  .filter(Credentials::isName)
                  .orElse("");
        };
    if (name.isEmpty()) {
      LOG.warn(
          "access.auth lets a token in, but does not say whose it is; it must answer {}", USER);
      return new Verdict.Denied();
    }
    return new Verdict.Admitted(new Account(name, false));
  }

  @Override
  public void close() {
    client.close();
  }
}
