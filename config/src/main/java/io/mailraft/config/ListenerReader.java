package io.mailraft.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads the listeners: the sections {@code smtp}, {@code http} and {@code admin}. */
final class ListenerReader {
  private static final Pattern NAME = Pattern.compile("[a-z0-9_-]{1,63}");
  private static final int SMTP_LISTENERS_MAX = 64;
  private static final int NETWORKS_MAX = 1024;
  private static final int CONNECTIONS_MAX = 100_000;
  private static final long KIB = 1L << 10;
  private static final long MIB = 1L << 20;
  private static final long GIB = 1L << 30;
  private static final long TIB = 1L << 40;
  private static final Duration TIMEOUT_MIN = Duration.ofMillis(100);
  private static final Duration TIMEOUT_MAX = Duration.ofDays(1);

  private ListenerReader() {}

  /**
   * The SMTP listeners below the key {@code smtp}: one mapping or a list of them.
   *
   * @param accounts whether anybody can say who a client is
   */
  static List<SmtpConfig> smtp(Section root, boolean accounts) {
    List<SmtpConfig> listeners = new ArrayList<>();
    Map<String, Integer> linesByName = new HashMap<>();
    Map<HostPort, String> namesByAddress = new HashMap<>();
    for (Section section : root.sections("smtp", SMTP_LISTENERS_MAX)) {
      SmtpConfig listener = smtpListener(section, accounts);
      Integer firstLine = linesByName.putIfAbsent(listener.name(), section.line("name"));
      if (firstLine != null) {
        section.refuse(
            "name",
            Problems.quoted(listener.name())
                + " is the name of the listener in line "
                + firstLine
                + " already; give each its own");
      }
      String other =
          listener.listen().port() == 0 || !section.isSound("listen")
              ? null
              : namesByAddress.putIfAbsent(listener.listen(), listener.name());
      if (other != null) {
        section.refuse(
            "listen",
            listener.listen() + " is taken by the listener " + Problems.quoted(other) + " already");
      }
      listeners.add(listener);
    }
    return listeners;
  }

  private static SmtpConfig smtpListener(Section section, boolean accounts) {
    HostPort listen =
        section.value("listen", new HostPort("127.0.0.1", 2525), ListenerReader::listen);
    List<Cidr> allow = section.list("allow", List.of(), NETWORKS_MAX, Cidr::parse);
    Section tlsSection = section.section("tls");
    Optional<PemFiles> tls = AccessReader.tls(section, tlsSection);
    boolean implicit = tlsSection.flag("implicit", false);
    tlsSection.end();
    SmtpConfig listener =
        new SmtpConfig(
            section.value("name", "feeder", ListenerReader::name),
            listen,
            section.value("hostname", ListenerReader::hostname).orElseGet(LocalHostName::get),
            allow,
            section.flag("trustRouting", listen.isLoopback()),
            section.size("maxMessageBytes", GIB, KIB, TIB),
            section.integer("maxRecipients", 10_000, 1, 100_000),
            (int) section.size("maxLineBytes", 100_000, 998, 16 * MIB),
            (int) section.size("maxHeaderBytes", MIB, KIB, 64 * MIB),
            section.integer("maxReceivedHeaders", 35, 1, 1000),
            section.integer("maxConnections", 1000, 1, CONNECTIONS_MAX),
            section.integer("maxConnectionsPerAddress", 200, 1, CONNECTIONS_MAX),
            section.duration("commandTimeout", Duration.ofMinutes(5), TIMEOUT_MIN, TIMEOUT_MAX),
            section.duration("dataTimeout", Duration.ofHours(1), TIMEOUT_MIN, TIMEOUT_MAX),
            AccessReader.auth(section, listen, allow, tls.isPresent(), accounts),
            tls,
            implicit);
    section.end();
    return listener;
  }

  static HttpConfig http(Section section, boolean accounts) {
    HostPort listen =
        section.value("listen", new HostPort("127.0.0.1", 8080), ListenerReader::listen);
    List<Cidr> allow = section.list("allow", List.of(), NETWORKS_MAX, Cidr::parse);
    Section tlsSection = section.section("tls");
    Optional<PemFiles> tls = AccessReader.tls(section, tlsSection);
    tlsSection.end();
    List<Cidr> proxies = section.list("proxies", List.of(), NETWORKS_MAX, Cidr::parse);
    ListenerAuth auth = AccessReader.auth(section, listen, allow, tls.isPresent(), accounts);
    HttpConfig http =
        new HttpConfig(
            listen,
            allow,
            section.flag(
                "trustRouting", listen.isLoopback() && !auth.required() && proxies.isEmpty()),
            proxies,
            auth,
            tls);
    section.end();
    return http;
  }

  static AdminConfig admin(Section section) {
    AdminConfig admin =
        new AdminConfig(
            section.value("listen", new HostPort("127.0.0.1", 9090), ListenerReader::listen));
    if (!admin.listen().isLoopback()) {
      section.refuse(
          "listen",
          admin.listen()
              + " is beyond loopback, and whoever connects may do everything; listen on 127.0.0.1:"
              + admin.listen().port());
    }
    section.end();
    return admin;
  }

  private static HostPort listen(String text) {
    HostPort listen = HostPort.parse(text);
    if (!listen.isLiteral() && !listen.isLoopback()) {
      throw new IllegalArgumentException(
          Problems.quoted(text)
              + ": listen on an address, like 127.0.0.1 or 0.0.0.0, not on a name");
    }
    return listen;
  }

  private static String name(String text) {
    if (!NAME.matcher(text).matches()) {
      throw new IllegalArgumentException(
          Problems.quoted(text) + " is not a name of 1 to 63 of a-z 0-9 - _");
    }
    return text;
  }

  private static String hostname(String text) {
    if (!HostSyntax.isName(text)) {
      throw new IllegalArgumentException(
          Problems.quoted(text) + " is not a host name, like mx.example.com");
    }
    return text;
  }
}
