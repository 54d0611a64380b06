package io.mailraft.config;

import java.nio.file.Path;
import java.util.List;

/** Reads {@code mailraft.yaml}. */
public final class ConfigLoader {

  private ConfigLoader() {}

  /**
   * Reads and checks a file.
   *
   * @throws ConfigException if the file cannot be read or used; the message names each problem with
   *     its line, what is wrong and what would be right, one problem a line, 20 at most
   */
  public static MailraftConfig load(Path file) throws ConfigException {
    return parse(YamlText.read(file), file.toString());
  }

  /** The settings without a file: one node on 127.0.0.1, with its data in {@code data}. */
  public static MailraftConfig defaults() {
    try {
      return parse("", "defaults");
    } catch (ConfigException e) {
      throw new AssertionError("the defaults must be right", e);
    }
  }

  static MailraftConfig parse(String text, String source) throws ConfigException {
    return Document.read(text, source, ConfigLoader::read);
  }

  private static MailraftConfig read(Section root) {
    Section nodeSection = root.section("node");
    NodeConfig node = ClusterReader.node(nodeSection);
    ClusterConfig cluster = ClusterReader.cluster(root.section("cluster"), node.id());
    if (nodeSection.isSound("id") && !cluster.peers().containsKey(node.id())) {
      nodeSection.refuse(
          "id",
          Problems.quoted(node.id())
              + " is not in cluster.peers; expected one of "
              + String.join(", ", cluster.peers().keySet()));
    }
    AccessConfig access = AccessReader.access(root.section("access"));
    List<SmtpConfig> smtp = ListenerReader.smtp(root, access.knowsAccounts());
    HttpConfig http = ListenerReader.http(root.section("http"), access.knowsAccounts());
    AdminConfig admin = ListenerReader.admin(root.section("admin"));
    DnsConfig dns = DeliveryReader.dns(root.section("dns"));
    ClusterSettings document = DocumentReader.read(root);
    DeliveryConfig delivery = DeliveryReader.delivery(root.section("delivery"));
    QueueConfig queue = QueueReader.queue(root.section("queue"));
    LogConfig log = LogConfig.read(root.section("log"));
    return new MailraftConfig(
        node, cluster, smtp, http, admin, dns, document, delivery, queue, access, log);
  }
}
