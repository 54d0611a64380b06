package io.mailraft.node.http.v1;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServerBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Properties;

/**
 * The OpenAPI document, and an interactive page of it, Swagger UI out of its jar. The browser is
 * told to load nothing from elsewhere.
 */
final class DocsPage {
  /** Styles are set by the page's script too; everything else comes from this node's files. */
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'"
          + " data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none';"
          + " frame-ancestors 'none'";

  private static final String JAR = "META-INF/maven/org.webjars/swagger-ui/pom.properties";

  private static final String PAGE =
      """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <title>Mailraft: the send API</title>
      <link rel="stylesheet" href="/docs/swagger-ui.css">
      <link rel="icon" href="/docs/favicon-32x32.png">
      </head>
      <body>
      <div id="page"></div>
      <script src="/docs/swagger-ui-bundle.js"></script>
      <script src="/docs/page.js"></script>
      </body>
      </html>
      """;

  private static final String SCRIPT =
      """
      SwaggerUIBundle({
        url: "/v1/openapi.json",
        dom_id: "#page",
        presets: [SwaggerUIBundle.presets.apis],
        validatorUrl: null,
        supportedSubmitMethods: ["get", "post"]
      });
      """;

  private DocsPage() {}

  /** Adds the document and the page to a server. */
  static void register(ServerBuilder server) {
    String version = version();
    server
        .route()
        .get("/v1/openapi.json")
        .build(file(MediaType.JSON_UTF_8, resource("io/mailraft/node/http/v1/openapi.json")));
    HttpService page = file(MediaType.HTML_UTF_8, PAGE.getBytes(StandardCharsets.UTF_8));
    server.route().get("/docs").build(page);
    server.route().get("/docs/").build(page);
    server
        .route()
        .get("/docs/page.js")
        .build(file(MediaType.JAVASCRIPT_UTF_8, SCRIPT.getBytes(StandardCharsets.UTF_8)));
    webjar(server, version, "swagger-ui.css", MediaType.CSS_UTF_8);
    webjar(server, version, "swagger-ui-bundle.js", MediaType.JAVASCRIPT_UTF_8);
    webjar(server, version, "favicon-32x32.png", MediaType.PNG);
  }

  private static void webjar(ServerBuilder server, String version, String name, MediaType type) {
    server
        .route()
        .get("/docs/" + name)
        .build(
            file(type, resource("META-INF/resources/webjars/swagger-ui/" + version + "/" + name)));
  }

  private static HttpService file(MediaType type, byte[] content) {
    ResponseHeaders headers =
        ResponseHeaders.builder(HttpStatus.OK)
            .contentType(type)
            .set(HttpHeaderNames.CONTENT_SECURITY_POLICY, POLICY)
            .set(HttpHeaderNames.X_CONTENT_TYPE_OPTIONS, "nosniff")
            .set(HttpHeaderNames.REFERRER_POLICY, "no-referrer")
            .build();
    return (context, request) -> HttpResponse.of(headers, HttpData.wrap(content));
  }

  private static String version() {
    Properties jar = new Properties();
    try (InputStream in = open(JAR)) {
      jar.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException("the jar of Swagger UI cannot be read", e);
    }
    return jar.getProperty("version", "");
  }

  private static byte[] resource(String name) {
    try (InputStream in = open(name)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("a file of the program cannot be read", e);
    }
  }

  private static InputStream open(String name) throws IOException {
    InputStream in = DocsPage.class.getClassLoader().getResourceAsStream(name);
    if (in == null) {
      throw new IOException("the program lacks its file " + name);
    }
    return in;
  }
}
