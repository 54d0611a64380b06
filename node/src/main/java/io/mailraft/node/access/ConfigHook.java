package io.mailraft.node.access;

import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.QueryParams;
import com.linecorp.armeria.common.RequestHeaders;
import io.mailraft.config.HookConfig;
import java.io.IOException;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the user's own application about each message: a form by POST, and JSON back. What cannot be
 * understood is refused for the moment, since mail must not go out otherwise than was wanted.
 */
public final class ConfigHook implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ConfigHook.class);

  private final HookClient client;

  /** Prepares the calls. */
  public ConfigHook(HookConfig config) {
    this.client = new HookClient("access.config", config);
  }

  /**
   * Asks, and waits for the answer. Called where waiting is allowed.
   *
   * @throws GuidanceException if the message is refused, or nobody can tell
   */
  public Guidance ask(Handed message) throws GuidanceException {
    QueryParams form =
        QueryParams.builder()
            .add("from", message.from())
            .add("origin", message.origin())
            .add("originhost", message.originhost())
            .add("transhost", message.transhost())
            .add("transtype", message.transtype())
            .add("user", message.user())
            .build();
    AggregatedHttpResponse answer;
    try {
      answer =
          client
              .call(
                  HttpRequest.of(
                      RequestHeaders.builder(HttpMethod.POST, client.path())
                          .contentType(MediaType.FORM_DATA)
                          .build(),
                      com.linecorp.armeria.common.HttpData.ofUtf8(form.toQueryString())))
              .join();
    } catch (CompletionException e) {
      LOG.warn("access.config cannot be asked: {}", String.valueOf(e.getCause()));
      throw GuidanceException.unavailable();
    }
    if (!answer.status().isSuccess()) {
      LOG.warn("access.config answers {}", answer.status());
      throw GuidanceException.unavailable();
    }
    try {
      return GuidanceReader.read(answer.content().array());
    } catch (IOException e) {
      // Its text may hold a key, so it is not repeated.
      LOG.warn("access.config answers what cannot be used: {}", e.getMessage());
      throw GuidanceException.unavailable();
    }
  }

  @Override
  public void close() {
    client.close();
  }
}
