package io.mailraft.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Reads the section {@code access}, and what a listener says of {@code auth}, {@code tls} and
 * {@code allow}.
 */
final class AccessReader {
  private static final int URL_CHARS_MAX = 2000;

  private AccessReader() {}

  static AccessConfig access(Section section) {
    AccessConfig access =
        new AccessConfig(
            section.value("usersFile", ClusterReader::path),
            hook(section, "auth"),
            hook(section, "config"),
            section.duration(
                "remember", Duration.ofSeconds(30), Duration.ofSeconds(1), Duration.ofHours(1)),
            section.integer("failuresPerAddress", 20, 1, 1_000_000),
            section.integer("failuresPerAccount", 100, 1, 1_000_000),
            section.duration(
                "failuresWithin",
                Duration.ofMinutes(10),
                Duration.ofSeconds(1),
                Duration.ofDays(1)),
            section.integer("checksAtOnce", 2, 1, 64));
    section.end();
    return access;
  }

  private static Optional<HookConfig> hook(Section access, String key) {
    Section section = access.section(key);
    if (!access.has(key)) {
      return Optional.empty();
    }
    if (!section.has("url")) {
      section.refuse("url", "missing; give the address of the call, like http://127.0.0.1:8000/x");
    }
    Optional<URI> url = section.value("url", AccessReader::url);
    Duration timeout =
        section.duration(
            "timeout", Duration.ofSeconds(5), Duration.ofMillis(100), Duration.ofMinutes(1));
    section.end();
    return url.map(present -> new HookConfig(present, timeout));
  }

  private static URI url(String text) {
    IllegalArgumentException none =
        new IllegalArgumentException(
            Problems.quoted(text)
                + " is not an address of a call, like http://127.0.0.1:8000/auth");
    try {
      URI url = new URI(text);
      String scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
      boolean web = scheme.equals("http") || scheme.equals("https");
      if (!web
          || url.getHost() == null
          || url.getRawUserInfo() != null
          || url.getRawFragment() != null
          || text.length() > URL_CHARS_MAX) {
        throw none;
      }
      return url;
    } catch (URISyntaxException e) {
      none.initCause(e);
      throw none;
    }
  }

  /**
   * The files of a listener's {@code tls}.
   *
   * @param section the part below that key, which the caller ends
   */
  static Optional<PemFiles> tls(Section listener, Section section) {
    if (!listener.has("tls")) {
      return Optional.empty();
    }
    for (String key : List.of("certificate", "key")) {
      if (!section.has(key)) {
        section.refuse(key, "missing; tls needs certificate and key");
      }
    }
    var certificate = section.value("certificate", ClusterReader::readableFile);
    var key = section.value("key", ClusterReader::readableFile);
    return certificate.isPresent() && key.isPresent()
        ? Optional.of(new PemFiles(certificate.get(), key.get()))
        : Optional.empty();
  }

  /**
   * What a listener asks of clients, and whether that lets anybody in, or everybody.
   *
   * @param accounts whether anybody can say who a client is
   */
  static ListenerAuth auth(
      Section listener, HostPort listen, List<Cidr> allow, boolean tls, boolean accounts) {
    Section section = listener.section("auth");
    ListenerAuth auth =
        new ListenerAuth(
            section.flag("required", accounts && !listen.isLoopback()),
            section.flag("allowPlaintext", listen.isLoopback()));
    section.end();
    if (auth.required() && !accounts) {
      section.refuse(
          "required", "nobody can say who a client is; set access.usersFile or access.auth.url");
    } else if (auth.required()
        && !auth.allowPlaintext()
        && !tls
        && !listener.has("tls")
        && listener.isSound("listen")) {
      listener.refuse(
          "listen",
          listen
              + " asks for passwords, which may not come in the clear; set tls with certificate and"
              + " key, or auth: { allowPlaintext: true }");
    }
    if (!listen.isLoopback() && allow.isEmpty() && !auth.required() && listener.isSound("allow")) {
      listener.refuse(
          "listen",
          listen
              + " is beyond loopback and would serve everyone; set allow to the client networks,"
              + " like allow: [192.0.2.0/24], or require accounts: access.usersFile or"
              + " access.auth.url");
    }
    return auth;
  }
}
