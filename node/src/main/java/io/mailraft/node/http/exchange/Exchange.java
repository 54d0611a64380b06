package io.mailraft.node.http.exchange;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpResponseWriter;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.ResponseHeadersBuilder;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.mailraft.node.access.Account;
import io.mailraft.node.access.ClientSite;
import io.mailraft.node.access.TlsIdentity;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/** One request and its answer, for the one thread that serves it. */
public final class Exchange {
  private static final JsonFactory JSON = new JsonFactory();

  private final ServiceRequestContext context;
  private final HttpRequest request;
  private final ErrorForm errors;
  private final Duration stall;
  private final Duration whole;
  private final CompletableFuture<HttpResponse> answer = new CompletableFuture<>();
  private Optional<BodyStream> body = Optional.empty();
  private Optional<AnswerStream> stream = Optional.empty();

  /** Writes JSON. */
  @FunctionalInterface
  public interface JsonBody {
    /** Writes one value. */
    void writeTo(JsonGenerator json) throws IOException;
  }

  Exchange(
      ServiceRequestContext context,
      HttpRequest request,
      ErrorForm errors,
      Duration stall,
      Duration whole) {
    this.context = context;
    this.request = request;
    this.errors = errors;
    this.stall = stall;
    this.whole = whole;
  }

  /** The answer, once there is one. */
  CompletableFuture<HttpResponse> answer() {
    return answer;
  }

  /** A variable part of the path, decoded. */
  public String path(String name) {
    return Optional.ofNullable(context.pathParam(name))
        .orElseThrow(() -> new IllegalArgumentException("the route has no " + name));
  }

  /** The first value of a parameter of the query, decoded. */
  public Optional<String> query(String name) {
    return Optional.ofNullable(context.queryParam(name));
  }

  /** All values of a parameter of the query, decoded. */
  public List<String> queries(String name) {
    return context.queryParams().getAll(name);
  }

  /** The first field of that name in the request's header. */
  public Optional<String> header(String name) {
    return Optional.ofNullable(request.headers().get(name.toLowerCase(Locale.ROOT)));
  }

  /** Media type of the body, as far as it is one. */
  public Optional<MediaType> contentType() {
    return Optional.ofNullable(request.contentType());
  }

  /** Announced length of the body, in bytes. */
  public OptionalLong contentLength() {
    long length = request.headers().contentLength();
    return length < 0 ? OptionalLong.empty() : OptionalLong.of(length);
  }

  /** The other end of the connection, or whom a proxy of ours names. */
  public InetAddress client() {
    return context.clientAddress();
  }

  /** Whose requests count together: those of an account, else those of an address. */
  public String clientName() {
    return ClientSite.name(account(), client());
  }

  /** Who the client has proved to be; empty where nobody was asked. */
  public Optional<Account> account() {
    return Account.of(context);
  }

  /** TLS version and cipher of the connection; empty without TLS. */
  public String tls() {
    return Optional.ofNullable(context.sslSession()).map(TlsIdentity::words).orElse("");
  }

  /** The body from its first byte. Asked for once. */
  public InputStream body() {
    BodyStream opened = new BodyStream(request, stall, whole);
    body = Optional.of(opened);
    return opened;
  }

  /** Answers with a small JSON document. */
  public void json(HttpStatus status, JsonBody content) throws IOException {
    answer(ResponseHeaders.builder(status), MediaType.JSON_UTF_8, bytes(content));
  }

  private void answer(ResponseHeadersBuilder headers, MediaType type, byte[] bytes) {
    answer.complete(HttpResponse.of(headers.contentType(type).build(), HttpData.wrap(bytes)));
  }

  /** A small JSON document. */
  static byte[] bytes(JsonBody content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    write(bytes, content);
    return bytes.toByteArray();
  }

  /** Answers with JSON of any size. */
  public void jsonStream(JsonBody content) throws IOException {
    OutputStream out = stream(MediaType.JSON_UTF_8, OptionalLong.empty());
    write(out, content);
    // Not where that was thrown out of: a closed answer looks whole, whatever it lacks.
    out.close();
  }

  private static void write(OutputStream out, JsonBody content) throws IOException {
    JsonGenerator json = JSON.createGenerator(out);
    json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
    content.writeTo(json);
    json.writeRaw('\n');
    json.close();
  }

  /**
   * Answers 200 with a body that is written bit by bit, and that must be closed to be whole.
   *
   * @param length its length in bytes, where it is known
   */
  public OutputStream stream(MediaType type, OptionalLong length) {
    HttpResponseWriter writer = HttpResponse.streaming();
    ResponseHeadersBuilder headers = ResponseHeaders.builder(HttpStatus.OK).contentType(type);
    length.ifPresent(headers::contentLength);
    writer.write(headers.build());
    answer.complete(writer);
    AnswerStream opened = new AnswerStream(writer, stall);
    stream = Optional.of(opened);
    return opened;
  }

  /** Answers with an error, or breaks off the answer that has begun. */
  void fail(Fault fault) {
    if (stream.isPresent()) {
      stream.get().abort(new IOException(fault.message()));
      return;
    }
    ResponseHeadersBuilder headers = ResponseHeaders.builder(fault.status());
    fault
        .retryAfter()
        .ifPresent(
            after -> headers.set(HttpHeaderNames.RETRY_AFTER, String.valueOf(after.toSeconds())));
    answer(headers, errors.mediaType(), errors.body(fault, context.path()));
  }

  /** The exchange is over: nothing more is read, and what was not answered never will be. */
  void end() {
    body.ifPresent(BodyStream::close);
    // Changes nothing for an answer that was closed, which is whole.
    stream.ifPresent(begun -> begun.abort(new IOException("the answer was not finished")));
    if (!answer.isDone()) {
      fail(
          Fault.of(
              HttpStatus.INTERNAL_SERVER_ERROR,
              "InternalError",
              "the request was not answered",
              Optional.empty()));
    }
  }
}
