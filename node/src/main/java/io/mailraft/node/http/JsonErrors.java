package io.mailraft.node.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.ResponseHeadersBuilder;
import com.linecorp.armeria.server.ServerErrorHandler;
import com.linecorp.armeria.server.ServiceConfig;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.mailraft.node.http.v1.Problem;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Errors that the server itself answers, such as an unknown path, in the form of all others: {@code
 * {"error": ..., "code": ...}}, and problem documents below {@code /v1}.
 */
final class JsonErrors implements ServerErrorHandler {
  private static final JsonFactory JSON = new JsonFactory();

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
    if (headers != null && Problem.covers(headers.path())) {
      return AggregatedHttpResponse.of(
          status, Problem.MEDIA_TYPE, HttpData.wrap(Problem.of(status, pathOf(headers))));
    }
    return AggregatedHttpResponse.of(
        status,
        MediaType.JSON_UTF_8,
        text(Problem.code(status), status.reasonPhrase().toLowerCase(Locale.ROOT)));
  }

  private static String pathOf(RequestHeaders headers) {
    int query = headers.path().indexOf('?');
    return query < 0 ? headers.path() : headers.path().substring(0, query);
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
    return answer(path, headers, Problem.code(headers.status()), error);
  }

  /**
   * The same with a code of its own.
   *
   * @param code word for machines
   */
  static HttpResponse answer(
      String path, ResponseHeadersBuilder headers, String code, String error) {
    return Problem.covers(path)
        ? HttpResponse.of(
            headers.contentType(Problem.MEDIA_TYPE).build(),
            HttpData.wrap(Problem.of(headers.status(), code, error, path)))
        : HttpResponse.of(
            headers.contentType(MediaType.JSON_UTF_8).build(), HttpData.ofUtf8(text(code, error)));
  }

  private static String text(String code, String error) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.writeStartObject();
      json.writeStringField("error", error);
      json.writeStringField("code", code);
      json.writeEndObject();
      json.writeRaw('\n');
    } catch (IOException e) {
      throw new UncheckedIOException("JSON cannot be written to memory", e);
    }
    return text.toString();
  }
}
