package io.mailraft.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each refusal, with its exact line and message. */
final class ConfigRefusalTest {
  @TempDir Path directory;

  private static Arguments refusal(String yaml, String message) {
    return Arguments.of(yaml, message);
  }

  static Stream<Arguments> refusals() {
    return Stream.of(
        // Keys.
        refusal("\nsmpt: {}", "f:2: smpt: unknown key; did you mean smtp?"),
        refusal(
            "node:\n  id: n1\n  datadir: x",
            "f:3: node.datadir: unknown key; did you mean dataDir?"),
        refusal(
            "node:\n  colour: x",
            "f:2: node.colour: unknown key; known here: id, dataDir, addresses"),
        refusal(
            "smtp:\n- {name: a}\n- {name: b, listen: \"127.0.0.1:26\",\n   maxRecipient: 1}",
            "f:4: smtp[1].maxRecipient: unknown key; did you mean maxRecipients?"),
        refusal(
            "zones: {eu: {hots: a.example}}",
            "f:1: zones.eu.hots: unknown key; did you mean host?"),
        refusal(
            "queue:\n  memoryBytes: 64MiB\n  memoryBytes: 65MiB",
            "f:3: queue.memoryBytes: given twice, first in line 2; keep one"),
        refusal("node: {}\nnode: {}", "f:2: node: given twice, first in line 1; keep one"),
        refusal("node:\n  ? [a]\n  : b", "f:2: node: expected a key, found a list"),
        // Kinds.
        refusal("hello", "f:1: the file: expected keys and values, found 'hello'"),
        refusal("- a", "f:1: the file: expected keys and values, found a list"),
        refusal("node: n1", "f:1: node: expected keys and values, found 'n1'"),
        refusal("http: [a]", "f:1: http: expected keys and values, found a list"),
        refusal("node: {id: [n1]}", "f:1: node.id: expected one value, found a list"),
        refusal("node: {id: {a: b}}", "f:1: node.id: expected one value, found keys and values"),
        refusal(
            "node:\n  id:",
            "f:2: node.id: has no value; give one, or leave the key out for the default"),
        refusal("node: {id: true}", "f:1: node.id: expected text or a number, found true"),
        refusal(
            "dns: {servers: 192.0.2.1}",
            "f:1: dns.servers: expected a list like [a, b], found '192.0.2.1'"),
        refusal("dns: {servers: [[]]}", "f:1: dns.servers: expected one value, found a list"),
        refusal("smtp: []", "f:1: smtp: 0 entries; expected 1 to 64"),
        refusal(
            "dns: {servers: [192.0.2.1, 192.0.2.1, 192.0.2.1, 192.0.2.1, 192.0.2.1, 192.0.2.1,"
                + " 192.0.2.1, 192.0.2.1, 192.0.2.1]}",
            "f:1: dns.servers: 9 entries; expected at most 8"),
        // Numbers.
        refusal("cluster: {shards: 0}", "f:1: cluster.shards: 0 is not in 1 to 256"),
        refusal("cluster: {shards: 257}", "f:1: cluster.shards: 257 is not in 1 to 256"),
        refusal(
            "cluster: {shards: few}",
            "f:1: cluster.shards: 'few' is not a whole number; expected 1 to 256"),
        refusal(
            "cluster: {shards: 1.5}",
            "f:1: cluster.shards: '1.5' is not a whole number; expected 1 to 256"),
        refusal("smtp: {maxRecipients: 0}", "f:1: smtp.maxRecipients: 0 is not in 1 to 100000"),
        refusal(
            "smtp: {maxRecipients: 99999999999}",
            "f:1: smtp.maxRecipients: 99999999999 is not in 1 to 100000"),
        refusal(
            "smtp: {maxReceivedHeaders: -1}",
            "f:1: smtp.maxReceivedHeaders: -1 is not in 1 to 1000"),
        refusal(
            "smtp: {maxConnections: 100001}",
            "f:1: smtp.maxConnections: 100001 is not in 1 to 100000"),
        refusal(
            "smtp: {maxConnectionsPerAddress: 0}",
            "f:1: smtp.maxConnectionsPerAddress: 0 is not in 1 to 100000"),
        refusal(
            "zones: {default: {connections: 0}}",
            "f:1: zones.default.connections: 0 is not in 1 to 100000"),
        refusal("zones: {default: {port: 0}}", "f:1: zones.default.port: 0 is not in 1 to 65535"),
        refusal(
            "delivery: {maxMessagesPerConnection: 0}",
            "f:1: delivery.maxMessagesPerConnection: 0 is not in 1 to 1000000"),
        refusal(
            "delivery: {maxRecipientsPerTransaction: 0}",
            "f:1: delivery.maxRecipientsPerTransaction: 0 is not in 1 to 10000"),
        // Sizes.
        refusal(
            "smtp: {maxMessageBytes: 1 gig}",
            "f:1: smtp.maxMessageBytes: '1 gig' is not a size; write bytes or a number with KiB,"
                + " MiB, GiB, TiB, KB, MB, GB or TB, like 512KiB"),
        refusal(
            "smtp: {maxMessageBytes: 1}", "f:1: smtp.maxMessageBytes: 1 is not in 1KiB to 1TiB"),
        refusal(
            "smtp: {maxMessageBytes: 9999999999999TiB}",
            "f:1: smtp.maxMessageBytes: '9999999999999TiB' is more than any disk holds"),
        refusal("smtp: {maxLineBytes: 997}", "f:1: smtp.maxLineBytes: 997 is not in 998 to 16MiB"),
        refusal(
            "smtp: {maxHeaderBytes: 1GiB}",
            "f:1: smtp.maxHeaderBytes: 1GiB is not in 1KiB to 64MiB"),
        refusal(
            "queue: {snapshotLogBytes: 1KiB}",
            "f:1: queue.snapshotLogBytes: 1KiB is not in 1MiB to 1TiB"),
        refusal(
            "queue: {memoryBytes: 1MiB}", "f:1: queue.memoryBytes: 1MiB is not in 8MiB to 1TiB"),
        refusal(
            "queue: {timeline: {maxBytes: 1}}",
            "f:1: queue.timeline.maxBytes: 1 is not in 1MiB to 1TiB"),
        refusal(
            "queue: {timeline: {keep: 0s}}", "f:1: queue.timeline.keep: 0s is not in 1s to 365d"),
        refusal("queue: {minFreeBytes: 0}", "f:1: queue.minFreeBytes: 0 is not in 1MiB to 1TiB"),
        // Durations.
        refusal(
            "smtp: {commandTimeout: 5}",
            "f:1: smtp.commandTimeout: '5' is not a duration; write a whole number with ms, s, m, h"
                + " or d, like 30s"),
        refusal(
            "smtp: {commandTimeout: 99ms}", "f:1: smtp.commandTimeout: 99ms is not in 100ms to 1d"),
        refusal("smtp: {dataTimeout: 25h}", "f:1: smtp.dataTimeout: 25h is not in 100ms to 1d"),
        refusal(
            "cluster: {electionTimeout: 50ms}",
            "f:1: cluster.electionTimeout: 50ms is not in 100ms to 1m"),
        refusal("cluster: {leaseTerm: 11m}", "f:1: cluster.leaseTerm: 11m is not in 500ms to 10m"),
        refusal("dns: {timeout: 2m}", "f:1: dns.timeout: 2m is not in 100ms to 1m"),
        refusal("delivery: {retry: [1ms]}", "f:1: delivery.retry: 1ms is not in 10ms to 7d"),
        refusal(
            "delivery: {retry: []}",
            "f:1: delivery.retry: is empty; give at least one wait, like [5m, 1h]"),
        refusal(
            "delivery: {expireAfter: 31d}", "f:1: delivery.expireAfter: 31d is not in 1s to 30d"),
        refusal(
            "delivery: {connectTimeout: 0s}",
            "f:1: delivery.connectTimeout: 0s is not in 100ms to 1h"),
        refusal(
            "delivery: {greetingTimeout: 2h}",
            "f:1: delivery.greetingTimeout: 2h is not in 100ms to 1h"),
        refusal(
            "delivery: {commandTimeout: 2h}",
            "f:1: delivery.commandTimeout: 2h is not in 100ms to 1h"),
        refusal(
            "delivery: {dataStartTimeout: 2h}",
            "f:1: delivery.dataStartTimeout: 2h is not in 100ms to 1h"),
        refusal(
            "delivery: {dataBlockTimeout: 2h}",
            "f:1: delivery.dataBlockTimeout: 2h is not in 100ms to 1h"),
        refusal(
            "delivery: {dataEndTimeout: 2h}",
            "f:1: delivery.dataEndTimeout: 2h is not in 100ms to 1h"),
        refusal(
            "delivery: {idleTimeout: 2h}", "f:1: delivery.idleTimeout: 2h is not in 100ms to 1h"),
        refusal("queue: {submitTimeout: 1ms}", "f:1: queue.submitTimeout: 1ms is not in 1s to 30m"),
        refusal("queue: {uploadTimeout: 1ms}", "f:1: queue.uploadTimeout: 1ms is not in 1s to 1d"),
        refusal("queue: {rememberEnded: 1ms}", "f:1: queue.rememberEnded: 1ms is not in 1s to 30d"),
        // Names and addresses.
        refusal("node: {id: N_1}", "f:1: node.id: 'N_1' is not a name of 1 to 63 of a-z 0-9 -"),
        refusal("node: {dataDir: \"\"}", "f:1: node.dataDir: is empty; expected a path"),
        refusal(
            "node: {addresses: [mx.example]}",
            "f:1: node.addresses: 'mx.example' is not an address, like 192.0.2.1 or 2001:db8::1"),
        refusal(
            "node: {addresses: [192.0.2.256]}",
            "f:1: node.addresses: '192.0.2.256' is not an address, like 192.0.2.1 or 2001:db8::1"),
        refusal(
            "cluster: {name: a b}",
            "f:1: cluster.name: 'a b' is not a name of 1 to 63 letters, digits, dots, hyphens,"
                + " underscores"),
        refusal("smtp: {name: A}", "f:1: smtp.name: 'A' is not a name of 1 to 63 of a-z 0-9 - _"),
        refusal(
            "smtp: {hostname: -}",
            "f:1: smtp.hostname: '-' is not a host name, like mx.example.com"),
        refusal(
            "delivery: {helo: a..b}",
            "f:1: delivery.helo: 'a..b' is not a host name, like mx.example.com"),
        refusal(
            "smtp: {listen: 2525}",
            "f:1: smtp.listen: '2525' is not host:port, like 127.0.0.1:2525"),
        refusal(
            "smtp: {listen: \"127.0.0.1:65536\"}",
            "f:1: smtp.listen: '127.0.0.1:65536': the port is not a number in 0 to 65535"),
        refusal(
            "smtp: {listen: \"::1:25\"}",
            "f:1: smtp.listen: '::1:25': an IPv6 address is written [address]:port"),
        refusal(
            "smtp: {listen: \"[a]:25\"}",
            "f:1: smtp.listen: '[a]:25': brackets are for an IPv6 address"),
        refusal(
            "smtp: {listen: \"*:25\"}",
            "f:1: smtp.listen: '*:25': the host is neither a name nor an address"),
        refusal(
            "smtp: {listen: \"mx.example:25\"}",
            "f:1: smtp.listen: 'mx.example:25': listen on an address, like 127.0.0.1 or 0.0.0.0,"
                + " not on a name"),
        refusal(
            "smtp: {allow: [all]}",
            "f:1: smtp.allow: 'all' is not a network; write address/prefix, like 192.0.2.0/24"),
        refusal(
            "http: {allow: [192.0.2.0/33]}", "f:1: http.allow: the prefix 33 is not in 0 to 32"),
        refusal(
            "http: {allow: [192.0.2.0/x]}",
            "f:1: http.allow: '192.0.2.0/x': the prefix is not a number"),
        refusal(
            "http: {allow: [192.0.2.1/24]}",
            "f:1: http.allow: 192.0.2.1 has bits set beyond its prefix; write 192.0.2.0/24"),
        refusal(
            "dns: {servers: [ns.example]}",
            "f:1: dns.servers: 'ns.example' is not host:port, like 127.0.0.1:2525"),
        refusal(
            "dns: {servers: [\"ns.example:53\"]}",
            "f:1: dns.servers: 'ns.example:53' is not the address of a name server, like"
                + " 192.0.2.53"),
        refusal("zones: {EU: {}}", "f:1: zones.EU: a zone's name is 1 to 63 of a-z 0-9 - _"),
        refusal(
            "zones: {eu: {host: 1.2.3}}",
            "f:1: zones.eu.host: '1.2.3' is neither a host name nor an address"),
        // Rules across keys.
        refusal(
            "node: {id: n4}\ncluster: {peers: {n1: \"127.0.0.1:7100\", n2: \"127.0.0.1:7101\"}}",
            "f:1: node.id: 'n4' is not in cluster.peers; expected one of n1, n2"),
        refusal(
            "cluster:\n  peers:\n    n1: \"127.0.0.1:7100\"\n    n2: \"127.0.0.1:7100\"",
            "f:4: cluster.peers.n2: 127.0.0.1:7100 is the address of n1 already; give each its"
                + " own"),
        refusal(
            "cluster: {peers: {n1: \"127.0.0.1:0\"}}",
            "f:1: cluster.peers.n1: '127.0.0.1:0': other nodes cannot find port 0; expected 1 to"
                + " 65535"),
        refusal(
            "cluster: {peers: {n1: \"127.0.0.1:1\", N: \"127.0.0.1:2\"}}",
            "f:1: cluster.peers.N: a node id is 1 to 63 of a-z 0-9 -"),
        refusal(
            "cluster:\n  peers:\n    n1: 127.0.0.1:7100\n    n2: 192.0.2.2:7100",
            "f:4: cluster.peers.n2: 192.0.2.2:7100 is beyond loopback, where nodes must know each"
                + " other by certificates; set cluster.tls with certificate, key and authority"),
        refusal(
            "cluster:\n  peers:\n    n1: localhost.example.com:7100",
            "f:3: cluster.peers.n1: localhost.example.com:7100 is beyond loopback, where nodes must"
                + " know each other by certificates; set cluster.tls with certificate, key and"
                + " authority"),
        refusal(
            "cluster:\n  tls:\n    certificate: /nowhere/a\n    key: /nowhere/b",
            "f:2: cluster.tls.authority: missing; cluster.tls needs certificate, key and"
                + " authority\n"
                + "f:3: cluster.tls.certificate: there is no file '/nowhere/a'; expected a PEM"
                + " file\n"
                + "f:4: cluster.tls.key: there is no file '/nowhere/b'; expected a PEM file"),
        refusal(
            "cluster: {electionTimeout: 3s}",
            "f:1: cluster.electionTimeout: a lease of 5s ends within one election; make leaseTerm"
                + " at least twice electionTimeout (3s)"),
        refusal(
            "queue: {rememberEnded: 5s}",
            "f:1: queue.rememberEnded: an id must be remembered for as long as its submission may"
                + " be repeated; make rememberEnded at least submitTimeout (1m)"),
        refusal(
            "smtp:\n  listen: 0.0.0.0:25",
            "f:2: smtp.listen: 0.0.0.0:25 is beyond loopback and would serve everyone; set allow to"
                + " the client networks, like allow: [192.0.2.0/24], or require accounts:"
                + " access.usersFile or access.auth.url"),
        refusal(
            "smtp:\n  allow: []\n  listen: \"[::]:25\"",
            "f:3: smtp.listen: [::]:25 is beyond loopback and would serve everyone; set allow to"
                + " the client networks, like allow: [192.0.2.0/24], or require accounts:"
                + " access.usersFile or access.auth.url"),
        refusal(
            "http: {listen: 192.0.2.1:80}",
            "f:1: http.listen: 192.0.2.1:80 is beyond loopback and would serve everyone; set allow"
                + " to the client networks, like allow: [192.0.2.0/24], or require accounts:"
                + " access.usersFile or access.auth.url"),
        refusal(
            "admin: {listen: 0.0.0.0:9090}",
            "f:1: admin.listen: 0.0.0.0:9090 is beyond loopback, and whoever connects may do"
                + " everything; listen on 127.0.0.1:9090"),
        refusal(
            "smtp:\n- {listen: 127.0.0.1:1}\n- {listen: 127.0.0.1:2}",
            "f:3: smtp[1].name: 'feeder' is the name of the listener in line 2 already; give each"
                + " its own"),
        refusal(
            "smtp:\n- {name: a}\n- {name: b}",
            "f:3: smtp[1].listen: 127.0.0.1:2525 is taken by the listener 'a' already"),
        // YAML.
        refusal(
            "node: {id: n1",
            "f:1: this is not YAML: while parsing a flow mapping: expected ',' or '}', but got"
                + " <stream end>"),
        refusal(
            "node:\n\tid: n1",
            "f:2: this is not YAML: while scanning for the next token: found character '\\t(TAB)'"
                + " that cannot start any token. (Do not use \\t(TAB) for indentation)"),
        refusal(
            "node: {}\n---\nnode: {}",
            "f:2: a second document begins here; one file holds one document"),
        refusal(
            "node: &a {}\ncluster: {}",
            "f:1: anchors (&) and aliases (*) are not supported; write the value out"),
        refusal("node: !!map {}", "f:1: tags (!) are not supported; leave it out"),
        refusal("node:\n  id: !!str n1", "f:2: tags (!) are not supported; leave it out"));
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void aBadFileIsRefusedWithItsLineAndWhatWouldBeRight(String yaml, String message) {
    assertThat(messageOf(yaml)).isEqualTo(message);
  }

  @Test
  void allProblemsOfAFileAreToldInItsOrder() {
    assertThat(
            messageOf(
                """
                queue: { memoryBytes: x, colour: y }
                zones: { default: { port: 70000 } }
                node: { id: "" }
                """))
        .isEqualTo(
            "f:1: queue.memoryBytes: 'x' is not a size; write bytes or a number with KiB, MiB, GiB,"
                + " TiB, KB, MB, GB or TB, like 512KiB\n"
                + "f:1: queue.colour: unknown key; known here: submitTimeout, uploadTimeout,"
                + " rememberEnded, snapshotLogBytes, memoryBytes, minFreeBytes, timeline\n"
                + "f:2: zones.default.port: 70000 is not in 1 to 65535\n"
                + "f:3: node.id: '' is not a name of 1 to 63 of a-z 0-9 -");
  }

  @Test
  void onlySoManyProblemsAreNamedAndTheRestAreCounted() {
    String yaml =
        IntStream.range(0, 50).mapToObj(i -> "k" + i + ": x\n").collect(Collectors.joining());
    List<String> lines = messageOf(yaml).lines().toList();
    assertThat(lines).hasSize(Problems.NAMED_MAX + 1);
    assertThat(lines.getLast()).isEqualTo("f: and 30 more problems");
  }

  @Test
  void tooManyNodesAndZonesAreRefusedAtTheFirstThatIsTooMany() {
    StringBuilder nodes = new StringBuilder("cluster:\n  peers:\n");
    for (int i = 1; i <= 257; i++) {
      nodes.append("    n").append(i).append(": 127.0.0.1:").append(7000 + i).append('\n');
    }
    assertThat(messageOf(nodes.toString()))
        .isEqualTo("f:259: cluster.peers.n257: more than 256 nodes");
    StringBuilder zones = new StringBuilder("zones:\n");
    for (int i = 1; i <= 1001; i++) {
      zones.append("  z").append(i).append(":\n");
    }
    assertThat(messageOf(zones.toString())).isEqualTo("f:1002: zones.z1001: more than 1000 zones");
  }

  @Test
  void aTlsFileThatIsNoFileIsRefused() {
    assertThat(
            messageOf(
                "cluster: {tls: {certificate: %1$s, key: %1$s, authority: %1$s}}"
                    .formatted(directory)))
        .startsWith("f:1: cluster.tls.certificate: '")
        .contains("' cannot be read; expected a PEM file that this user may read");
  }

  @Test
  void theMessageNamesTheFileAsItWasGiven() throws Exception {
    Path file = Files.writeString(directory.resolve("my.yaml"), "nod: {}");
    ConfigException refused =
        catchThrowableOfType(ConfigException.class, () -> ConfigLoader.load(file));
    assertThat(refused).hasMessage(file + ":1: nod: unknown key; did you mean node?");
  }

  @Test
  void aFileThatIsNotThereOrNotReadableIsRefused() {
    Path missing = directory.resolve("missing.yaml");
    assertThat(catchThrowableOfType(ConfigException.class, () -> ConfigLoader.load(missing)))
        .hasMessage(missing + ": there is no such file");
    assertThat(catchThrowableOfType(ConfigException.class, () -> ConfigLoader.load(directory)))
        .hasMessageStartingWith(directory + ": the file cannot be read: ");
  }

  private static String messageOf(String yaml) {
    ConfigException refused =
        catchThrowableOfType(ConfigException.class, () -> ConfigLoader.parse(yaml, "f"));
    assertThat(refused).as("refusal of %s", yaml).isNotNull();
    return String.valueOf(refused.getMessage());
  }
}
