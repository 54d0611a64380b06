package io.mailraft.config;

import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads the sections {@code node} and {@code cluster}. */
final class ClusterReader {
  private static final Pattern NODE_ID = Pattern.compile("[a-z0-9-]{1,63}");
  private static final Pattern CLUSTER_NAME = Pattern.compile("[A-Za-z0-9._-]{1,63}");
  private static final int NODES_MAX = 256;
  private static final int SHARDS_MAX = 256;
  private static final int ADDRESSES_MAX = 4096;

  private ClusterReader() {}

  static NodeConfig node(Section section) {
    NodeConfig node =
        new NodeConfig(
            section.value("id", "n1", ClusterReader::nodeId),
            section.value("dataDir", Path.of("data"), ClusterReader::path),
            section.list("addresses", List.of(), ADDRESSES_MAX, ClusterReader::address));
    section.end();
    return node;
  }

  static ClusterConfig cluster(Section section, String nodeId) {
    String name =
        section.value(
            "name",
            "mailraft",
            text ->
                matching(
                    CLUSTER_NAME, text, "1 to 63 letters, digits, dots, hyphens, underscores"));
    int shards = section.integer("shards", 1, 1, SHARDS_MAX);
    Section peerSection = section.section("peers");
    Map<String, HostPort> peers = peers(peerSection, nodeId);
    Optional<TlsFiles> tls = tls(section);
    if (!section.has("tls")) {
      refuseOpenPeers(peerSection, peers);
    }
    Duration electionTimeout =
        section.duration(
            "electionTimeout",
            Duration.ofSeconds(1),
            Duration.ofMillis(100),
            Duration.ofMinutes(1));
    Duration leaseTerm =
        section.duration(
            "leaseTerm", Duration.ofSeconds(5), Duration.ofMillis(500), Duration.ofMinutes(10));
    if (section.isSound("leaseTerm")
        && section.isSound("electionTimeout")
        && leaseTerm.compareTo(electionTimeout.multipliedBy(2)) < 0) {
      section.refuse(
          section.has("leaseTerm") ? "leaseTerm" : "electionTimeout",
          "a lease of "
              + Durations.format(leaseTerm)
              + " ends within one election; make leaseTerm at least twice electionTimeout ("
              + Durations.format(electionTimeout)
              + ")");
    }
    section.end();
    return new ClusterConfig(name, shards, peers, tls, electionTimeout, leaseTerm);
  }

  private static Map<String, HostPort> peers(Section section, String nodeId) {
    Map<String, HostPort> peers = new LinkedHashMap<>();
    Map<HostPort, String> idsByAddress = new HashMap<>();
    List<String> ids = section.keys();
    if (ids.size() > NODES_MAX) {
      section.refuse(ids.get(NODES_MAX), "more than " + NODES_MAX + " nodes");
    }
    for (String id : ids) {
      if (!NODE_ID.matcher(id).matches()) {
        section.refuse(id, "a node id is 1 to 63 of a-z 0-9 -");
      }
      // A value that cannot be used stands for itself, so that the id still counts as a peer.
      HostPort peer = section.value(id, new HostPort("127.0.0.1", 0), ClusterReader::peer);
      String other = idsByAddress.putIfAbsent(peer, id);
      if (other != null && section.isSound(id) && section.isSound(other)) {
        section.refuse(id, peer + " is the address of " + other + " already; give each its own");
      }
      peers.put(id, peer);
    }
    if (peers.isEmpty()) {
      peers.put(nodeId, new HostPort("127.0.0.1", 7100));
    }
    return peers;
  }

  private static void refuseOpenPeers(Section section, Map<String, HostPort> peers) {
    for (Map.Entry<String, HostPort> peer : peers.entrySet()) {
      if (!peer.getValue().isLoopback()) {
        section.refuse(
            peer.getKey(),
            peer.getValue()
                + " is beyond loopback, where nodes must know each other by certificates; set"
                + " cluster.tls with certificate, key and authority");
      }
    }
  }

  private static Optional<TlsFiles> tls(Section cluster) {
    Section section = cluster.section("tls");
    if (!cluster.has("tls")) {
      return Optional.empty();
    }
    Optional<Path> certificate = tlsFile(section, "certificate");
    Optional<Path> key = tlsFile(section, "key");
    Optional<Path> authority = tlsFile(section, "authority");
    section.end();
    return certificate.isPresent() && key.isPresent() && authority.isPresent()
        ? Optional.of(new TlsFiles(certificate.get(), key.get(), authority.get()))
        : Optional.empty();
  }

  private static Optional<Path> tlsFile(Section section, String key) {
    if (!section.has(key)) {
      section.refuse(key, "missing; cluster.tls needs certificate, key and authority");
    }
    return section.value(key, ClusterReader::readableFile);
  }

  static Path readableFile(String text) {
    Path file = path(text);
    if (!Files.exists(file)) {
      throw new IllegalArgumentException(
          "there is no file " + Problems.quoted(text) + "; expected a PEM file");
    }
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      throw new IllegalArgumentException(
          Problems.quoted(text) + " cannot be read; expected a PEM file that this user may read");
    }
    return file;
  }

  private static String nodeId(String text) {
    return matching(NODE_ID, text, "1 to 63 of a-z 0-9 -");
  }

  private static HostPort peer(String text) {
    HostPort peer = HostPort.parse(text);
    if (peer.port() == 0) {
      throw new IllegalArgumentException(
          Problems.quoted(text) + ": other nodes cannot find port 0; expected 1 to 65535");
    }
    return peer;
  }

  private static InetAddress address(String text) {
    return HostSyntax.literal(text)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    Problems.quoted(text) + " is not an address, like 192.0.2.1 or 2001:db8::1"));
  }

  static Path path(String text) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("is empty; expected a path");
    }
    return Path.of(text);
  }

  private static String matching(Pattern pattern, String text, String form) {
    if (!pattern.matcher(text).matches()) {
      throw new IllegalArgumentException(Problems.quoted(text) + " is not a name of " + form);
    }
    return text;
  }
}
