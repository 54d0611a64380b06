package io.mailraft.delivery;

import io.mailraft.config.PoolSource;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Optional;

/**
 * What connections of a zone start from: one address of its pool, or the node's own addresses, as
 * {@link Sources} picks them. Beside its address everything is guarded by the zone's lock.
 */
final class Source {
  private final Optional<InetAddress> address;
  private final String text;
  private volatile String helo;
  private int weight;

  /** Connections of the zone that start from it, open or being opened. */
  int connections;

  /** Whether it is no longer in the plan. */
  boolean retired;

  private Source(Optional<InetAddress> address, String text, String helo, int weight) {
    this.address = address;
    this.text = text;
    this.helo = helo;
    this.weight = weight;
  }

  /**
   * The node's own addresses.
   *
   * @param text what stands for them where connections are counted by source
   */
  static Source own(String text, String helo) {
    return new Source(Optional.empty(), text, helo, 1);
  }

  /** An address of a pool. */
  static Source of(PoolSource source, String nodeHelo) {
    return new Source(
        Optional.of(source.address()),
        source.address().getHostAddress(),
        source.name().orElse(nodeHelo),
        source.weight());
  }

  /** Takes over what may change of a source while it stays what it is. */
  void follow(Source fresh) {
    helo = fresh.helo;
    weight = fresh.weight;
    retired = false;
  }

  /** The address to bind; empty where {@link Sources} decides. */
  Optional<InetAddress> address() {
    return address;
  }

  /** Whether it stands for the node's own addresses. */
  boolean own() {
    return address.isEmpty();
  }

  /** The address as text, as counters and outcomes have it. */
  String text() {
    return text;
  }

  /** Name in EHLO. */
  String helo() {
    return helo;
  }

  int weight() {
    return weight;
  }

  boolean ipv4() {
    return address.filter(Inet4Address.class::isInstance).isPresent();
  }

  /**
   * Whether a connection to the target can start from this address of a pool: the families are the
   * same, and loopback reaches loopback alone.
   */
  boolean reaches(InetAddress target) {
    InetAddress from = address.orElseThrow();
    return from instanceof Inet4Address == target instanceof Inet4Address
        && (!from.isLoopbackAddress() || target.isLoopbackAddress());
  }

  @Override
  public String toString() {
    return text;
  }
}
