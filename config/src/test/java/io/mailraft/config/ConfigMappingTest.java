package io.mailraft.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every key of a file, each at a value that is not its default, lands in its own field. */
final class ConfigMappingTest {
  @TempDir Path directory;

  @Test
  void everyKeyLandsInItsField() throws Exception {
    Path certificate = Files.writeString(directory.resolve("n2.crt"), "c");
    Path key = Files.writeString(directory.resolve("n2.key"), "k");
    Path authority = Files.writeString(directory.resolve("ca.crt"), "a");
    Path file = directory.resolve("mailraft.yaml");
    Files.writeString(
        file,
        """
        node:
          id: n2
          dataDir: /srv/mailraft
          addresses: [192.0.2.10, "2001:db8::1"]
        cluster:
          name: Example.net
          shards: 3
          peers: { n9: "192.0.2.9:7100", n2: "[2001:db8::2]:7101", n1: "mail-1.example.net:7102" }
          tls: { certificate: %1$s, key: %2$s, authority: %3$s }
          electionTimeout: 1500ms
          leaseTerm: 10s
        smtp:
          name: submission
          listen: "0.0.0.0:587"
          hostname: mx.example
          allow: [192.0.2.0/24, "2001:db8::/32", 198.51.100.7]
          trustRouting: true
          maxMessageBytes: 3GiB
          maxRecipients: 200
          maxLineBytes: 998
          maxHeaderBytes: 512KiB
          maxReceivedHeaders: 50
          maxConnections: 300
          maxConnectionsPerAddress: 7
          commandTimeout: 30s
          dataTimeout: 2h
          auth: { required: true, allowPlaintext: true }
          tls: { certificate: %1$s, key: %2$s, implicit: true }
        http: { listen: "[::]:8081", allow: [198.51.100.0/24], trustRouting: true, proxies: [198.51.100.8], auth: { required: false, allowPlaintext: true }, tls: { certificate: %1$s, key: %2$s } }
        access:
          usersFile: /srv/users
          auth: { url: "https://app.example/auth?x=1", timeout: 2s }
          config: { url: "http://app.example:81/config", timeout: 3s }
          remember: 4s
          failuresPerAddress: 5
          failuresPerAccount: 6
          failuresWithin: 7m
          checksAtOnce: 8
        admin: { listen: "[::1]:9091" }
        dns: { servers: ["127.0.0.1:5353", 192.0.2.53, "2001:db8::53", "[2001:db8::54]:54"], timeout: 2s }
        zones:
          bulk: { connections: 5, host: relay.example, port: 2526 }
          local: { host: 127.0.0.1 }
          default: { connections: 9 }
        delivery:
          helo: out.example
          retry: [10s, 1m]
          expireAfter: 1d
          connectTimeout: 1s
          greetingTimeout: 2s
          commandTimeout: 3s
          dataStartTimeout: 4s
          dataBlockTimeout: 5s
          dataEndTimeout: 6s
          idleTimeout: 7s
          maxMessagesPerConnection: 8
          maxRecipientsPerTransaction: 9
        queue:
          submitTimeout: 10s
          uploadTimeout: 11s
          rememberEnded: 12s
          snapshotLogBytes: 13MiB
          memoryBytes: 14MiB
          minFreeBytes: 15MB
          timeline: { keep: 3d, maxBytes: 16MiB }
        log: { format: json, level: warn, messages: false }
        """
            .formatted(certificate, key, authority));

    MailraftConfig config = ConfigLoader.load(file);

    assertThat(config.node())
        .isEqualTo(
            new NodeConfig(
                "n2",
                Path.of("/srv/mailraft"),
                List.of(
                    InetAddress.ofLiteral("192.0.2.10"), InetAddress.ofLiteral("2001:db8::1"))));
    assertThat(config.cluster())
        .isEqualTo(
            new ClusterConfig(
                "Example.net",
                3,
                Map.of(
                    "n9", new HostPort("192.0.2.9", 7100),
                    "n2", new HostPort("2001:db8::2", 7101),
                    "n1", new HostPort("mail-1.example.net", 7102)),
                Optional.of(new TlsFiles(certificate, key, authority)),
                Duration.ofMillis(1500),
                Duration.ofSeconds(10)));
    assertThat(config.smtp())
        .containsExactly(
            new SmtpConfig(
                "submission",
                new HostPort("0.0.0.0", 587),
                "mx.example",
                List.of(
                    Cidr.parse("192.0.2.0/24"),
                    Cidr.parse("2001:db8::/32"),
                    Cidr.parse("198.51.100.7/32")),
                true,
                3_221_225_472L,
                200,
                998,
                524_288,
                50,
                300,
                7,
                Duration.ofSeconds(30),
                Duration.ofHours(2),
                new ListenerAuth(true, true),
                Optional.of(new PemFiles(certificate, key)),
                true));
    assertThat(config.http())
        .isEqualTo(
            new HttpConfig(
                new HostPort("::", 8081),
                List.of(Cidr.parse("198.51.100.0/24")),
                true,
                List.of(Cidr.parse("198.51.100.8/32")),
                new ListenerAuth(false, true),
                Optional.of(new PemFiles(certificate, key))));
    assertThat(config.access())
        .isEqualTo(
            new AccessConfig(
                Optional.of(Path.of("/srv/users")),
                Optional.of(
                    new HookConfig(
                        URI.create("https://app.example/auth?x=1"), Duration.ofSeconds(2))),
                Optional.of(
                    new HookConfig(
                        URI.create("http://app.example:81/config"), Duration.ofSeconds(3))),
                Duration.ofSeconds(4),
                5,
                6,
                Duration.ofMinutes(7),
                8));
    assertThat(config.admin()).isEqualTo(new AdminConfig(new HostPort("::1", 9091)));
    assertThat(config.dns())
        .isEqualTo(
            new DnsConfig(
                List.of(
                    new HostPort("127.0.0.1", 5353),
                    new HostPort("192.0.2.53", 53),
                    new HostPort("2001:db8::53", 53),
                    new HostPort("2001:db8::54", 54)),
                Duration.ofSeconds(2)));
    assertThat(config.zones())
        .isEqualTo(
            Map.of(
                "bulk", new ZoneConfig("bulk", 5, Optional.of("relay.example"), 2526),
                "local", new ZoneConfig("local", 50, Optional.of("127.0.0.1"), 25),
                "default", new ZoneConfig("default", 9, Optional.empty(), 25)));
    assertThat(config.delivery())
        .isEqualTo(
            new DeliveryConfig(
                Optional.of("out.example"),
                List.of(Duration.ofSeconds(10), Duration.ofMinutes(1)),
                Duration.ofDays(1),
                Duration.ofSeconds(1),
                Duration.ofSeconds(2),
                Duration.ofSeconds(3),
                Duration.ofSeconds(4),
                Duration.ofSeconds(5),
                Duration.ofSeconds(6),
                Duration.ofSeconds(7),
                8,
                9));
    assertThat(config.queue())
        .isEqualTo(
            new QueueConfig(
                Duration.ofSeconds(10),
                Duration.ofSeconds(11),
                Duration.ofSeconds(12),
                13L << 20,
                14L << 20,
                15_000_000L,
                new TimelineConfig(Duration.ofDays(3), 16L << 20)));
    assertThat(config.log())
        .isEqualTo(new LogConfig(LogConfig.Format.JSON, LogConfig.Level.WARN, false));
  }

  @Test
  void peersAndZonesKeepTheOrderOfTheFile() throws ConfigException {
    MailraftConfig config =
        ConfigLoader.parse(
            """
            node: { id: b }
            cluster: { peers: { c: "127.0.0.1:1", b: "127.0.0.1:2", a: "localhost:3" } }
            zones: { z: {}, y: {}, x: }
            """,
            "f");
    assertThat(config.cluster().peers().keySet()).containsExactly("c", "b", "a");
    assertThat(config.zones().keySet()).containsExactly("z", "y", "x", "default");
  }

  @Test
  void smtpMayBeAListWhoseEntriesHaveTheirOwnDefaults() throws ConfigException {
    MailraftConfig config =
        ConfigLoader.parse(
            """
            smtp:
              - maxRecipients: 5
              - name: second
                listen: "127.0.0.1:2526"
            """,
            "f");
    assertThat(config.smtp()).extracting(SmtpConfig::name).containsExactly("feeder", "second");
    assertThat(config.smtp()).extracting(SmtpConfig::maxRecipients).containsExactly(5, 10_000);
  }

  @Test
  void theExampleOfTheIssueIsTaken() throws ConfigException {
    MailraftConfig config =
        ConfigLoader.parse(
            """
            node:    { id: n1, dataDir: data, addresses: [127.0.0.1] }
            cluster: { name: demo, shards: 1, peers: { n1: "127.0.0.1:7100", n2: "127.0.0.1:7101", n3: "127.0.0.1:7102" } }
            smtp:    { name: feeder, listen: "127.0.0.1:2525", hostname: mx.example, maxMessageBytes: 1GiB, maxRecipients: 10000 }   # or a list of such
            http:    { listen: "127.0.0.1:8080" }     # health and metrics
            admin:   { listen: "127.0.0.1:9090" }     # gRPC
            dns:     { servers: [] }                  # empty: the system's resolver
            zones:   { default: { connections: 50, host: 127.0.0.1, port: 2526 } }
            """,
            "f");
    assertThat(config.cluster().peers()).hasSize(3);
    assertThat(config.zones().get("default"))
        .isEqualTo(new ZoneConfig("default", 50, Optional.of("127.0.0.1"), 2526));
  }

  @Test
  void severalListenersMayAskForAFreePort() throws ConfigException {
    MailraftConfig config =
        ConfigLoader.parse(
            "smtp: [{name: a, listen: \"127.0.0.1:0\"}, {name: b, listen: \"127.0.0.1:0\"}]", "f");
    assertThat(config.smtp()).hasSize(2);
  }
}
