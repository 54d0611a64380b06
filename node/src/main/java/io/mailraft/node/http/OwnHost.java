package io.mailraft.node.http;

import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.server.DecoratingHttpServiceFunction;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServiceRequestContext;
import java.util.Optional;

/**
 * Refuses whatever does not name this machine, on a listener that is for this machine alone: a page
 * in a browser whose name was pointed here (DNS rebinding) names its own.
 */
final class OwnHost implements DecoratingHttpServiceFunction {
  @Override
  public HttpResponse serve(
      HttpService delegate, ServiceRequestContext context, HttpRequest request) throws Exception {
    return LocalName.isLocal(Optional.ofNullable(request.authority()))
        ? delegate.serve(context, request)
        : JsonErrors.answer(
            context.path(),
            HttpStatus.FORBIDDEN,
            "ForeignHost",
            "this listener is for this machine: call it 127.0.0.1 or localhost");
  }
}
