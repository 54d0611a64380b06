package io.mailraft.node.http.exchange;

import com.fasterxml.jackson.core.JsonGenerator;
import com.linecorp.armeria.common.MediaType;
import java.io.IOException;
import java.io.UncheckedIOException;

/** How errors look to the clients of an API. */
public interface ErrorForm {

  /** The form that the seed has: {@code {"error": ..., "code": ...}}. */
  ErrorForm PLAIN =
      new ErrorForm() {
        @Override
        public MediaType mediaType() {
          return MediaType.JSON_UTF_8;
        }

        @Override
        public void write(JsonGenerator json, Fault fault, String instance) throws IOException {
          json.writeStartObject();
          json.writeStringField("error", fault.message());
          json.writeStringField("code", fault.code());
          json.writeEndObject();
        }
      };

  MediaType mediaType();

  /**
   * Writes one.
   *
   * @param instance what was asked for: the path of the request
   */
  void write(JsonGenerator json, Fault fault, String instance) throws IOException;

  /**
   * The body of an answer.
   *
   * @param instance what was asked for: the path of the request
   */
  default byte[] body(Fault fault, String instance) {
    try {
      return Exchange.bytes(json -> write(json, fault, instance));
    } catch (IOException e) {
      throw new UncheckedIOException("JSON cannot be written to memory", e);
    }
  }
}
