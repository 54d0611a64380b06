package io.mailraft.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Asserts each default, one by one, so that none changes unnoticed. */
final class ConfigDefaultsTest {
  private final MailraftConfig config = ConfigLoader.defaults();

  @Test
  void aNodeIsCalledN1AndKeepsItsDataInTheWorkingDirectory() {
    assertThat(config.node().id()).isEqualTo("n1");
    assertThat(config.node().dataDir()).isEqualTo(Path.of("data"));
    assertThat(config.node().addresses()).isEmpty();
  }

  @Test
  void aClusterHasOneNodeAndOneShard() {
    ClusterConfig cluster = config.cluster();
    assertThat(cluster.name()).isEqualTo("mailraft");
    assertThat(cluster.shards()).isEqualTo(1);
    assertThat(cluster.peers()).containsOnlyKeys("n1");
    assertThat(cluster.peers().get("n1")).isEqualTo(new HostPort("127.0.0.1", 7100));
    assertThat(cluster.tls()).isEmpty();
    assertThat(cluster.electionTimeout()).isEqualTo(Duration.ofSeconds(1));
    assertThat(cluster.leaseTerm()).isEqualTo(Duration.ofSeconds(5));
  }

  @Test
  void oneSmtpListenerServesLoopback() {
    assertThat(config.smtp()).hasSize(1);
    SmtpConfig smtp = config.smtp().getFirst();
    assertThat(smtp.name()).isEqualTo("feeder");
    assertThat(smtp.listen()).isEqualTo(new HostPort("127.0.0.1", 2525));
    assertThat(smtp.hostname()).isEqualTo(LocalHostName.get());
    assertThat(smtp.allow()).isEmpty();
    assertThat(smtp.trustRouting()).isTrue();
    assertThat(smtp.maxMessageBytes()).isEqualTo(1_073_741_824L);
    assertThat(smtp.maxRecipients()).isEqualTo(10_000);
    assertThat(smtp.maxLineBytes()).isEqualTo(100_000);
    assertThat(smtp.maxHeaderBytes()).isEqualTo(1_048_576);
    assertThat(smtp.maxReceivedHeaders()).isEqualTo(35);
    assertThat(smtp.maxConnections()).isEqualTo(1000);
    assertThat(smtp.maxConnectionsPerAddress()).isEqualTo(200);
    assertThat(smtp.commandTimeout()).isEqualTo(Duration.ofMinutes(5));
    assertThat(smtp.dataTimeout()).isEqualTo(Duration.ofHours(1));
    assertThat(smtp.auth().required()).isFalse();
    assertThat(smtp.auth().allowPlaintext()).isTrue();
    assertThat(smtp.tls()).isEmpty();
    assertThat(smtp.implicitTls()).isFalse();
  }

  @Test
  void httpAndAdminListenOnLoopback() {
    assertThat(config.http().listen()).isEqualTo(new HostPort("127.0.0.1", 8080));
    assertThat(config.http().allow()).isEmpty();
    assertThat(config.http().trustRouting()).isTrue();
    assertThat(config.http().proxies()).isEmpty();
    assertThat(config.http().auth().required()).isFalse();
    assertThat(config.http().auth().allowPlaintext()).isTrue();
    assertThat(config.http().tls()).isEmpty();
    assertThat(config.admin().listen()).isEqualTo(new HostPort("127.0.0.1", 9090));
  }

  @Test
  void nobodyIsKnownAndFailuresAreLimited() {
    AccessConfig access = config.access();
    assertThat(access.usersFile()).isEmpty();
    assertThat(access.auth()).isEmpty();
    assertThat(access.config()).isEmpty();
    assertThat(access.knowsAccounts()).isFalse();
    assertThat(access.remember()).isEqualTo(Duration.ofSeconds(30));
    assertThat(access.failuresPerAddress()).isEqualTo(20);
    assertThat(access.failuresPerAccount()).isEqualTo(100);
    assertThat(access.failuresWithin()).isEqualTo(Duration.ofMinutes(10));
    assertThat(access.checksAtOnce()).isEqualTo(2);
  }

  @Test
  void beyondLoopbackKnownAccountsAreRequiredAndPasswordsNeedTls() throws ConfigException {
    MailraftConfig far =
        ConfigLoader.parse(
            """
            access: { usersFile: users, auth: { url: "http://127.0.0.1:8000/auth" } }
            smtp: { listen: "0.0.0.0:587", auth: { allowPlaintext: true } }
            http: { listen: "0.0.0.0:8080", allow: [192.0.2.0/24], auth: { required: false } }
            """,
            "f");
    assertThat(far.smtp().getFirst().auth()).isEqualTo(new ListenerAuth(true, true));
    assertThat(far.http().auth()).isEqualTo(new ListenerAuth(false, false));
    assertThat(far.http().trustRouting()).isFalse();
    assertThat(far.access().auth().orElseThrow().timeout()).isEqualTo(Duration.ofSeconds(5));
  }

  @Test
  void onLoopbackHttpTrustsNobodyWhoMustSayWhoHeIsOrComesByAProxy() throws ConfigException {
    for (String more : List.of("auth: { required: true }", "proxies: [127.0.0.1]")) {
      MailraftConfig near =
          ConfigLoader.parse(
              """
              access: { auth: { url: "http://127.0.0.1:8000/auth" } }
              http: { listen: "127.0.0.1:8080", %s }
              """
                  .formatted(more),
              "f");
      assertThat(near.http().trustRouting()).as(more).isFalse();
    }
  }

  @Test
  void namesAreLookedUpWithTheSystemsResolver() {
    assertThat(config.dns().servers()).isEmpty();
    assertThat(config.dns().timeout()).isEqualTo(Duration.ofSeconds(5));
  }

  @Test
  void oneZoneDeliversByMxLookup() {
    assertThat(config.zones()).containsOnlyKeys("default");
    assertThat(config.zones().get("default"))
        .isEqualTo(new ZoneConfig("default", 50, Optional.empty(), 25));
  }

  @Test
  void deliveryKeepsTheTimesOfTheStandard() {
    DeliveryConfig delivery = config.delivery();
    assertThat(delivery.helo()).isEmpty();
    assertThat(delivery.retry())
        .containsExactly(
            Duration.ofMinutes(5),
            Duration.ofMinutes(7),
            Duration.ofMinutes(8),
            Duration.ofMinutes(25),
            Duration.ofMinutes(75),
            Duration.ofHours(2),
            Duration.ofHours(4));
    assertThat(delivery.expireAfter()).isEqualTo(Duration.ofDays(2));
    assertThat(delivery.connectTimeout()).isEqualTo(Duration.ofSeconds(30));
    assertThat(delivery.greetingTimeout()).isEqualTo(Duration.ofMinutes(5));
    assertThat(delivery.commandTimeout()).isEqualTo(Duration.ofMinutes(5));
    assertThat(delivery.dataStartTimeout()).isEqualTo(Duration.ofMinutes(2));
    assertThat(delivery.dataBlockTimeout()).isEqualTo(Duration.ofMinutes(3));
    assertThat(delivery.dataEndTimeout()).isEqualTo(Duration.ofMinutes(10));
    assertThat(delivery.idleTimeout()).isEqualTo(Duration.ofSeconds(30));
    assertThat(delivery.maxMessagesPerConnection()).isEqualTo(1000);
    assertThat(delivery.maxRecipientsPerTransaction()).isEqualTo(100);
  }

  @Test
  void theQueueHasItsLimits() {
    QueueConfig queue = config.queue();
    assertThat(queue.submitTimeout()).isEqualTo(Duration.ofSeconds(60));
    assertThat(queue.uploadTimeout()).isEqualTo(Duration.ofMinutes(15));
    assertThat(queue.rememberEnded()).isEqualTo(Duration.ofHours(1));
    assertThat(queue.snapshotLogBytes()).isEqualTo(268_435_456L);
    assertThat(queue.memoryBytes()).isEqualTo(67_108_864L);
    assertThat(queue.minFreeBytes()).isEqualTo(268_435_456L);
    assertThat(queue.timeline().keep()).isEqualTo(Duration.ofDays(7));
    assertThat(queue.timeline().maxBytes()).isEqualTo(1_073_741_824L);
  }

  @Test
  void logsAreTextFromInfoOnWithALineForWhatHappensToEachMessage() {
    assertThat(config.log())
        .isEqualTo(new LogConfig(LogConfig.Format.TEXT, LogConfig.Level.INFO, true));
  }

  @Test
  void emptyFilesAndEmptySectionsMeanTheDefaults() throws ConfigException {
    assertThat(ConfigLoader.parse("", "empty")).isEqualTo(config);
    assertThat(ConfigLoader.parse("# nothing\n---\n", "comment")).isEqualTo(config);
    assertThat(
            ConfigLoader.parse(
                "node:\ncluster:\nsmtp:\nhttp: {}\nadmin:\ndns:\nzones:\ndelivery:\nqueue:\nlog:\n",
                "sections"))
        .isEqualTo(config);
  }

  @Test
  void aNodeOfAnotherNameIsItsOwnOnlyPeer() throws ConfigException {
    assertThat(ConfigLoader.parse("node: { id: mx7 }", "f").cluster().peers())
        .containsOnlyKeys("mx7");
  }
}
