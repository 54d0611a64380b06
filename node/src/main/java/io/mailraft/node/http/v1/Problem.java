package io.mailraft.node.http.v1;

import com.fasterxml.jackson.core.JsonGenerator;
import com.linecorp.armeria.common.MediaType;
import io.mailraft.node.http.exchange.ErrorForm;
import io.mailraft.node.http.exchange.Fault;
import java.io.IOException;
import java.util.Optional;

/** Errors as problem documents (RFC 9457): the form that all calls below {@code /v1} share. */
public final class Problem implements ErrorForm {
  /** The one form. */
  public static final Problem FORM = new Problem();

  /** Media type of a problem document. */
  private static final MediaType MEDIA_TYPE = MediaType.create("application", "problem+json");

  /** What each type begins with; the code follows. */
  private static final String TYPE = "urn:mailraft:problem:";

  private Problem() {}

  @Override
  public MediaType mediaType() {
    return MEDIA_TYPE;
  }

  @Override
  public void write(JsonGenerator json, Fault fault, String instance) throws IOException {
    json.writeStartObject();
    fields(json, fault, instance, fault.path());
    json.writeEndObject();
  }

  /**
   * Writes the fields of a problem into the object at hand.
   *
   * @param path JSON path of the field at fault, within the whole request
   */
  static void fields(JsonGenerator json, Fault fault, String instance, Optional<String> path)
      throws IOException {
    json.writeStringField("type", TYPE + fault.code());
    json.writeStringField("title", fault.status().reasonPhrase());
    json.writeNumberField("status", fault.status().code());
    json.writeStringField("detail", fault.message());
    json.writeStringField("instance", instance);
    json.writeStringField("code", fault.code());
    if (path.isPresent()) {
      json.writeStringField("path", path.get());
    }
  }

  /** Whether errors at that path are problem documents. */
  public static boolean covers(String path) {
    return path.equals("/v1") || path.startsWith("/v1/");
  }
}
