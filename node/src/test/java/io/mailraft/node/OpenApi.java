package io.mailraft.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.regex.Matcher;

/**
 * The OpenAPI document that a node serves, as something to hold its answers against.
 *
 * @param text the document
 */
record OpenApi(String text) {
  private static final SchemaRegistry SCHEMAS =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

  /** Holds an answer against what the OpenAPI document says of its path and status. */
  HttpResponse<String> checked(String method, String path, HttpResponse<String> answer) {
    String type = answer.headers().firstValue("content-type").orElse("").split(";", 2)[0];
    boolean fault = answer.statusCode() >= 400;
    assertThat(type).isEqualTo(fault ? "application/problem+json" : "application/json");
    String said = said(path, method, answer.statusCode());
    String ref = fault ? "#/components/schemas/Problem" : between(said, "\"$ref\": \"", "\"");
    String schema =
        text.replaceFirst("\\{", Matcher.quoteReplacement("{\"$ref\": \"" + ref + "\","));
    Schema of = SCHEMAS.getSchema(schema, InputFormat.JSON);
    List<Error> errors = of.validate(answer.body(), InputFormat.JSON);
    assertThat(errors).as("%s %s: %s", method, path, answer.body()).isEmpty();
    if (answer.statusCode() == 429 || answer.statusCode() == 503) {
      assertThat(answer.headers().firstValue("retry-after")).isPresent();
    }
    return answer;
  }

  /** Fails unless the document tells what any call may be refused for, and of accounts. */
  void tellsOfRefusals() {
    String messages = "/v1/messages";
    for (String asks :
        List.of(messages, messages + "/{id}", messages + "/{id}/events", "/v1/events")) {
      tells("get", asks, 401, 403, 405, 429, 500, 503);
    }
    tells("get", "/v1/openapi.json", 401, 403, 405, 429, 503);
    for (String takes : List.of(messages, messages + "/batch")) {
      tells("post", takes, 400, 401, 403, 405, 408, 413, 415, 429, 500, 503);
    }
    assertThat(text)
        .contains("\"securitySchemes\"", "\"scheme\": \"basic\"", "\"scheme\": \"bearer\"");
  }

  private void tells(String method, String path, int... statuses) {
    for (int status : statuses) {
      assertThat(said(path, method, status)).contains("\"#/components/responses/");
    }
  }

  /** What the document says of an answer; its layout is that of our own file. */
  private String said(String path, String method, int status) {
    String ofPath = between(text, "\n    \"" + path + "\": {", "\n    }");
    String ofMethod = between(ofPath, "\n      \"" + method + "\": {", "\n      }");
    return between(ofMethod, "\n          \"" + status + "\": {", "\n          }") + "\"";
  }

  private static String between(String in, String begin, String end) {
    int from = in.indexOf(begin);
    assertThat(from).as("%s in %s", begin, in).isNotNegative();
    int to = in.indexOf(end, from + begin.length());
    return in.substring(from + begin.length(), to < 0 ? in.length() : to);
  }
}
