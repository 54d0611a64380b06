package io.mailraft.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The files under {@code config/examples}, which newcomers copy. */
final class ExampleFilesTest {
  private static final Path EXAMPLES =
      Path.of(System.getProperty("mailraft.root", ".."), "config", "examples");

  @TempDir Path directory;

  @Test
  void everyExampleIsTested() throws Exception {
    try (Stream<Path> files = Files.list(EXAMPLES)) {
      Set<String> names = files.map(f -> f.getFileName().toString()).collect(Collectors.toSet());
      assertThat(names)
          .containsExactlyInAnyOrder(
              "single.yaml",
              "submission.yaml",
              "cluster-n1.yaml",
              "cluster-n2.yaml",
              "cluster-n3.yaml",
              "demo-n1.yaml",
              "demo-n2.yaml",
              "demo-n3.yaml");
    }
  }

  @Test
  void theSingleNodeIsTheDefaultsSpelledOut() throws ConfigException {
    MailraftConfig config = ConfigLoader.load(EXAMPLES.resolve("single.yaml"));
    MailraftConfig defaults = ConfigLoader.defaults();
    assertThat(config.cluster()).isEqualTo(defaults.cluster());
    assertThat(config.http()).isEqualTo(defaults.http());
    assertThat(config.admin()).isEqualTo(defaults.admin());
    assertThat(config.delivery()).isEqualTo(defaults.delivery());
    assertThat(config.queue()).isEqualTo(defaults.queue());
    assertThat(config.smtp().getFirst().trustRouting())
        .isEqualTo(defaults.smtp().getFirst().trustRouting());
    assertThat(config.smtp().getFirst().maxMessageBytes())
        .isEqualTo(defaults.smtp().getFirst().maxMessageBytes());
  }

  @ParameterizedTest
  @ValueSource(strings = {"n1", "n2", "n3"})
  void aNodeOfTheDemoLoads(String id) throws ConfigException {
    MailraftConfig config = ConfigLoader.load(EXAMPLES.resolve("demo-" + id + ".yaml"));
    assertThat(config.node().id()).isEqualTo(id);
    assertThat(config.cluster()).isEqualTo(demoCluster());
    assertThat(config.cluster().peers()).hasSize(3);
  }

  @Test
  void theNodesOfTheDemoShareNoPortAndNoDirectory() {
    Set<HostPort> ports =
        Stream.of("n1", "n2", "n3").flatMap(this::portsOf).collect(Collectors.toSet());
    assertThat(ports).hasSize(9);
    Set<Path> directories =
        Stream.of("n1", "n2", "n3")
            .map(id -> demo(id).node().dataDir())
            .collect(Collectors.toSet());
    assertThat(directories).hasSize(3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"n1", "n2", "n3"})
  void aNodeOfTheRealClusterLoadsOnceItsCertificatesAreThere(String id) throws Exception {
    String text = Files.readString(EXAMPLES.resolve("cluster-" + id + ".yaml"));
    Path file = directory.resolve("mailraft.yaml");
    for (String name : new String[] {id + ".crt", id + ".key", "authority.crt"}) {
      Files.writeString(directory.resolve(name), "pem");
    }
    Files.writeString(file, text.replace("/etc/mailraft/tls/", directory + "/"));
    MailraftConfig config = ConfigLoader.load(file);
    assertThat(config.node().id()).isEqualTo(id);
    assertThat(config.cluster().peers()).hasSize(3);
    assertThat(config.cluster().tls()).isPresent();
    assertThat(config.smtp().getFirst().trustRouting()).isFalse();
    assertThat(config.zones()).containsOnlyKeys("default", "offers");
    assertThat(config.cluster().peers().values()).noneMatch(HostPort::isLoopback);
  }

  @Test
  void theNodeForAccountsAsksEverybodyUnderTls() throws Exception {
    String text = Files.readString(EXAMPLES.resolve("submission.yaml"));
    Path file = directory.resolve("mailraft.yaml");
    for (String name : new String[] {"mx1.crt", "mx1.key"}) {
      Files.writeString(directory.resolve(name), "pem");
    }
    Files.writeString(file, text.replace("/etc/mailraft/tls/", directory + "/"));
    MailraftConfig config = ConfigLoader.load(file);
    assertThat(config.smtp()).extracting(SmtpConfig::implicitTls).containsExactly(false, true);
    assertThat(config.smtp())
        .allMatch(smtp -> smtp.auth().equals(new ListenerAuth(true, false)))
        .allMatch(smtp -> smtp.tls().isPresent());
    assertThat(config.http().auth()).isEqualTo(new ListenerAuth(true, false));
  }

  @Test
  void theDocumentOfThePageLoads() throws Exception {
    String page =
        Files.readString(
            EXAMPLES.resolve("../../docs/cluster-document.md"), StandardCharsets.UTF_8);
    int begin = page.indexOf("```yaml\n") + "```yaml\n".length();
    ClusterSettings settings =
        ClusterYaml.parse(page.substring(begin, page.indexOf("```", begin)), "page");
    assertThat(settings.zones()).containsOnlyKeys("bulk", "default");
    assertThat(settings.throttles().entries())
        .containsOnlyKeys("gmail.com", "mx:*.example.net", "default");
  }

  private ClusterConfig demoCluster() {
    return demo("n1").cluster();
  }

  private Stream<HostPort> portsOf(String id) {
    MailraftConfig config = demo(id);
    return Stream.of(
        config.smtp().getFirst().listen(), config.http().listen(), config.admin().listen());
  }

  private static MailraftConfig demo(String id) {
    try {
      return ConfigLoader.load(EXAMPLES.resolve("demo-" + id + ".yaml"));
    } catch (ConfigException e) {
      throw new AssertionError(e);
    }
  }
}
