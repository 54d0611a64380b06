package io.mailraft.node.http.seed;

import com.fasterxml.jackson.core.JsonGenerator;
import com.linecorp.armeria.common.HttpStatus;
import io.mailraft.node.http.exchange.Exchange;
import io.mailraft.node.json.InputException;
import io.mailraft.node.json.InputException.Fault;
import io.mailraft.queue.Inspection;
import io.mailraft.queue.shard.Depth;
import io.mailraft.router.Addresses;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Map;

/**
 * Numbers: GET /counter/zone/{zone}, /counter/domain/{domain}, /queue/{zone} and /zones. Exact at
 * the log position that this node has applied, and read from memory.
 */
final class CounterCalls {
  private final Zones zones;
  private final InstantSource clock;

  CounterCalls(Zones zones, InstantSource clock) {
    this.zones = zones;
    this.clock = clock;
  }

  void zone(Exchange exchange) throws IOException {
    counter(exchange, zones.inspection().zone(zones.known(exchange.path("zone"))));
  }

  void domain(Exchange exchange) throws IOException {
    String asked = exchange.path("domain");
    String domain =
        Addresses.domain(asked)
            .orElseThrow(
                () ->
                    new InputException(
                        Fault.INVALID_PARAMETER,
                        InputException.quoted(asked) + " is not a domain, like example.com"));
    counter(exchange, zones.inspection().domain(domain));
  }

  private static void counter(Exchange exchange, Depth depth) throws IOException {
    exchange.json(
        HttpStatus.OK,
        json -> {
          json.writeStartObject();
          numbers(json, "active", depth);
          json.writeEndObject();
        });
  }

  private static void numbers(JsonGenerator json, String active, Depth depth) throws IOException {
    json.writeNumberField(active, depth.queued() + depth.claimed());
    json.writeNumberField("deferred", depth.deferred());
  }

  /** The older form of the first seed: a zone with its domains. */
  void queue(Exchange exchange) throws IOException {
    String zone = zones.known(exchange.path("zone"));
    int limit = Pages.limit(exchange);
    String after = exchange.query("start").orElse("");
    Map<String, Depth> domains = zones.inspection().domains(zone, after, limit);
    Depth depth = zones.inspection().zone(zone);
    exchange.json(
        HttpStatus.OK,
        json -> {
          json.writeStartObject();
          json.writeStringField("time", clock.instant().toString());
          numbers(json, "queued", depth);
          json.writeArrayFieldStart("domains");
          String last = "";
          for (Map.Entry<String, Depth> domain : domains.entrySet()) {
            json.writeStartObject();
            json.writeStringField("domain", domain.getKey());
            numbers(json, "queued", domain.getValue());
            json.writeEndObject();
            last = domain.getKey();
          }
          json.writeEndArray();
          if (domains.size() == limit) {
            json.writeStringField("next", last);
          }
          json.writeEndObject();
        });
  }

  void zones(Exchange exchange) throws IOException {
    Inspection inspection = zones.inspection();
    Map<String, Depth> depths = inspection.zones();
    exchange.json(
        HttpStatus.OK,
        json -> {
          json.writeStartArray();
          for (String name : zones.names(depths)) {
            Depth depth = depths.getOrDefault(name, Depth.ZERO);
            json.writeStartObject();
            json.writeStringField("name", name);
            numbers(json, "active", depth);
            json.writeNumberField("held", depth.held());
            json.writeEndObject();
          }
          json.writeEndArray();
        });
  }
}
