package io.mailraft.node.http;

import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.grpc.GrpcSerializationFormats;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServiceRequestContext;
import com.linecorp.armeria.server.grpc.GrpcService;
import io.grpc.BindableService;
import io.mailraft.config.AdminConfig;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;

/** The server of the admin listener, which speaks gRPC to this machine. */
final class AdminListener {
  private AdminListener() {}

  /** The server, which is not started. */
  static Server server(AdminConfig config, BindableService service) {
    return Server.builder()
        .meterRegistry(new CompositeMeterRegistry())
        .http(config.listen().toSocketAddress())
        .service(
            GrpcService.builder()
                .addService(service)
                // Not those that pages in browsers can speak.
                .supportedSerializationFormats(GrpcSerializationFormats.PROTO)
                .useBlockingTaskExecutor(true)
                .build())
        .decorator(AdminListener::onlyHttp2)
        .decorator(new OwnHost())
        .blockingTaskExecutor(HttpDoors.answering("admin-"), true)
        .build();
  }

  /** GRPC is HTTP/2; no browser speaks that in the clear. */
  private static HttpResponse onlyHttp2(
      HttpService delegate, ServiceRequestContext context, HttpRequest request) throws Exception {
    return context.sessionProtocol().isMultiplex()
        ? delegate.serve(context, request)
        : HttpDoors.text(
            HttpStatus.HTTP_VERSION_NOT_SUPPORTED, "this listener speaks gRPC, by HTTP/2");
  }
}
