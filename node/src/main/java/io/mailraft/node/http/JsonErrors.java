package io.mailraft.node.http;

import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.ResponseHeadersBuilder;
import com.linecorp.armeria.server.ServerErrorHandler;
import com.linecorp.armeria.server.ServiceConfig;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.mailraft.node.http.exchange.ErrorForm;
import io.mailraft.node.http.exchange.Fault;
import io.mailraft.node.http.v1.Problem;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Errors that no call answers: what the server itself finds, such as an unknown path, and what is
 * refused before a call is made. They look as those of the calls around them do.
 */
final class JsonErrors implements ServerErrorHandler {
  @Override
  public @Nullable HttpResponse onServiceException(ServiceRequestContext context, Throwable cause) {
    return null; // The default finds the status, and has it rendered here.
  }

  @Override
  public AggregatedHttpResponse renderStatus(
      @Nullable ServiceRequestContext context,
      ServiceConfig config,
      @Nullable RequestHeaders headers,
      HttpStatus status,
      @Nullable String description,
      @Nullable Throwable cause) {
    String path = headers == null ? "" : pathOf(headers);
    ErrorForm form = form(path);
    Fault fault = Fault.of(status, status.reasonPhrase().toLowerCase(Locale.ROOT));
    return AggregatedHttpResponse.of(
        status, form.mediaType(), HttpData.wrap(form.body(fault, path)));
  }

  private static String pathOf(RequestHeaders headers) {
    int query = headers.path().indexOf('?');
    return query < 0 ? headers.path() : headers.path().substring(0, query);
  }

  private static ErrorForm form(String path) {
    return Problem.covers(path) ? Problem.FORM : ErrorForm.PLAIN;
  }

  /**
   * An error with a text of ours.
   *
   * @param path what was asked for
   */
  static HttpResponse answer(String path, HttpStatus status, String error) {
    return answer(path, ResponseHeaders.builder(status), error);
  }

  /** The same with more headers. */
  static HttpResponse answer(String path, ResponseHeadersBuilder headers, String error) {
    return answer(path, headers, Fault.of(headers.status(), error));
  }

  /**
   * The same with a code of its own.
   *
   * @param code word for machines
   */
  static HttpResponse answer(String path, HttpStatus status, String code, String error) {
    return answer(
        path,
        ResponseHeaders.builder(status),
        new Fault(status, code, error, Optional.empty(), Optional.empty()));
  }

  private static HttpResponse answer(String path, ResponseHeadersBuilder headers, Fault fault) {
    ErrorForm form = form(path);
    return HttpResponse.of(
        headers.contentType(form.mediaType()).build(), HttpData.wrap(form.body(fault, path)));
  }
}
