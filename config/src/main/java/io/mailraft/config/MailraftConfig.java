package io.mailraft.config;

import java.util.List;
import java.util.Map;

/**
 * The settings of one node, each at its default or as {@code mailraft.yaml} has it, checked as a
 * whole.
 *
 * @param node this node's own facts
 * @param cluster the cluster that the node belongs to
 * @param smtp SMTP listeners, in the order of the file, with distinct names; at least one
 * @param http HTTP listener
 * @param admin gRPC admin listener
 * @param dns name servers
 * @param document seed of the cluster document
 * @param delivery how mail is sent out
 * @param queue limits of the replicated queue
 * @param access who may hand in mail
 * @param log what is logged, and how
 */
public record MailraftConfig(
    NodeConfig node,
    ClusterConfig cluster,
    List<SmtpConfig> smtp,
    HttpConfig http,
    AdminConfig admin,
    DnsConfig dns,
    ClusterSettings document,
    DeliveryConfig delivery,
    QueueConfig queue,
    AccessConfig access,
    LogConfig log) {

  public MailraftConfig {
    smtp = List.copyOf(smtp);
  }

  /** The zones of the seed by name, in the order of the file; always holds {@code default}. */
  public Map<String, ZoneConfig> zones() {
    return document.zones();
  }
}
