package io.mailraft.delivery;

import io.mailraft.config.DeliveryConfig;
import io.mailraft.config.DnsConfig;
import java.net.InetAddress;
import java.util.List;

/**
 * What a {@link DeliveryEngine} is told once and for all.
 *
 * @param delivery timeouts, retries and limits
 * @param dns name servers
 * @param localAddresses addresses that this node may send from; where all are loopback, the system
 *     chooses the source of connections to other hosts
 * @param helo name in EHLO and in the Received header
 * @param loopbackMx whether a recipient's domain may lead to a loopback address; for tests alone,
 *     since with it anyone who owns a domain can have mail sent to services of this machine
 */
public record DeliverySettings(
    DeliveryConfig delivery,
    DnsConfig dns,
    List<InetAddress> localAddresses,
    String helo,
    boolean loopbackMx) {

  public DeliverySettings {
    localAddresses = List.copyOf(localAddresses);
  }
}
