package io.mailraft.config;

import java.util.Collection;
import java.util.List;
import java.util.StringJoiner;
import java.util.regex.Pattern;

/** Writes a cluster document as YAML. What is at its default may be left out. */
final class ClusterWriter {
  /** Words that are no more than text to YAML: with a dot, and without what YAML would obey. */
  private static final Pattern PLAIN = Pattern.compile("[a-z][a-z0-9_-]*(\\.[a-z0-9_-]+)+");

  private static final int LINE_CHARS_MAX = 100;

  private final StringBuilder yaml = new StringBuilder();

  String write(ClusterSettings settings) {
    yaml.append("zones:\n");
    settings.zones().values().forEach(this::zone);
    if (!settings.throttles().entries().isEmpty()) {
      yaml.append("throttles:\n");
      settings.throttles().entries().values().forEach(this::throttle);
    }
    quotas(settings.quotas());
    if (!settings.blocklistPause().equals(ClusterSettings.BLOCKLIST_PAUSE)) {
      line("", "blocklistPause", Durations.format(settings.blocklistPause()));
    }
    return yaml.toString();
  }

  private void zone(ZoneConfig zone) {
    yaml.append("  ").append(quoted(zone.name())).append(":\n");
    line("    ", "connections", zone.connections());
    zone.host().ifPresent(host -> line("    ", "host", quoted(host)));
    line("    ", "port", zone.port());
    pool(zone.pool());
    zone.throttle().ifPresent(rate -> line("    ", "throttle", rate));
    routing(zone.routing());
  }

  private void pool(ZonePool pool) {
    if (!pool.sources().isEmpty()) {
      yaml.append("    pool:\n");
      pool.sources().forEach(source -> yaml.append("      - ").append(flow(source)).append('\n'));
    }
    if (pool.ipv6() != ZonePool.NONE.ipv6()) {
      line("    ", "ipv6", Words.of(pool.ipv6()));
    }
    if (pool.hash() != ZonePool.NONE.hash()) {
      line("    ", "poolHash", Words.of(pool.hash()));
    }
  }

  private static String flow(PoolSource source) {
    StringJoiner flow = new StringJoiner(", ", "{ ", " }");
    flow.add("address: " + quoted(source.address().getHostAddress()));
    source.name().ifPresent(name -> flow.add("name: " + word(name)));
    if (source.weight() != PoolReader.WEIGHT) {
      flow.add("weight: " + source.weight());
    }
    source
        .warmUp()
        .ifPresent(
            warmUp ->
                flow.add(
                    "warmup: { start: " + warmUp.start() + ", perDay: " + warmUp.perDay() + " }"));
    return flow.toString();
  }

  private void throttle(Throttle throttle) {
    StringJoiner flow = new StringJoiner(", ", "{ ", " }");
    throttle
        .rate()
        .ifPresent(
            rate -> {
              flow.add("rate: " + rate);
              if (throttle.burst() != Throttle.defaultBurst(rate)) {
                flow.add("burst: " + throttle.burst());
              }
            });
    throttle.connections().ifPresent(most -> flow.add("connections: " + most));
    if (throttle.per() != Throttle.Scope.CLUSTER) {
      flow.add("per: " + Words.of(throttle.per()));
    }
    line("  ", word(throttle.entry()), flow);
  }

  private void quotas(Quotas quotas) {
    if (!quotas.isEmpty()) {
      yaml.append("quotas:\n");
      quotas("accounts", quotas.accounts().values());
      quotas("senderDomains", quotas.senderDomains().values());
    }
  }

  private void quotas(String scope, Collection<Quota> quotas) {
    if (!quotas.isEmpty()) {
      yaml.append("  ").append(scope).append(":\n");
      quotas.forEach(quota -> line("    ", word(quota.entry()), flow(quota)));
    }
  }

  private static String flow(Quota quota) {
    if (quota.unlimited()) {
      return "{ unlimited: true }";
    }
    StringJoiner flow = new StringJoiner(", ", "{ ", " }");
    for (Quota.Unit unit : Quota.Unit.values()) {
      if (!quota.limits(unit).isEmpty()) {
        flow.add(Words.of(unit) + ": " + quota.limits(unit));
      }
    }
    return flow.toString();
  }

  private void routing(ZoneRouting routing) {
    if (!routing.headers().isEmpty()) {
      yaml.append("    routingHeaders:\n");
      routing
          .headers()
          .forEach(
              (name, values) -> {
                yaml.append("      ").append(quoted(name)).append(": ");
                list(values);
              });
    }
    list("senderDomains", routing.senderDomains());
    list("recipientDomains", routing.recipientDomains());
    list("originAddresses", routing.originAddresses());
  }

  private void line(String indent, String key, Object value) {
    yaml.append(indent).append(key).append(": ").append(value).append('\n');
  }

  private void list(String key, List<?> values) {
    if (!values.isEmpty()) {
      yaml.append("    ").append(key).append(": ");
      list(values.stream().map(Object::toString).toList());
    }
  }

  /** A list between brackets, in lines of bearable length. */
  private void list(List<String> values) {
    int lineStart = yaml.length();
    yaml.append('[');
    String separator = "";
    for (String value : values) {
      yaml.append(separator);
      if (yaml.length() - lineStart > LINE_CHARS_MAX) {
        yaml.append("\n       ");
        lineStart = yaml.length();
      }
      yaml.append(separator.isEmpty() ? "" : " ").append(word(value));
      separator = ",";
    }
    yaml.append("]\n");
  }

  private static String word(String text) {
    return PLAIN.matcher(text).matches() ? text : quoted(text);
  }

  /** Quoted, since a bare name like {@code null} or {@code ::1} would be something else in YAML. */
  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c < ' ' || c > '~') {
        quoted.append("\\u%04x".formatted((int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }
}
