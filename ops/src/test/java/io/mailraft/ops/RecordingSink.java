package io.mailraft.ops;

import io.mailraft.testkit.Action;
import io.mailraft.testkit.Moment;
import io.mailraft.testkit.Script;
import io.mailraft.testkit.SmtpSink;
import io.mailraft.testkit.Stage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/** A sink that records who connected from where and when, with a script that may change. */
final class RecordingSink implements AutoCloseable {
  private final ConcurrentLinkedQueue<Arrival> arrivals = new ConcurrentLinkedQueue<>();
  private final Map<Long, String> names = new ConcurrentHashMap<>();
  private final AtomicInteger mostConnections = new AtomicInteger();
  private final AtomicInteger refusals = new AtomicInteger();
  private final SmtpSink sink;
  private volatile Script script;

  /**
   * A recipient whose message was taken.
   *
   * @param source the address that the connection came from
   * @param helo what the client called itself
   * @param atNanos when, monotonic
   */
  record Arrival(String source, String helo, String recipient, long atNanos) {
    String domain() {
      return recipient.substring(recipient.indexOf('@') + 1);
    }
  }

  private RecordingSink(InetSocketAddress listen, Script script) throws IOException {
    this.script = script;
    this.sink =
        SmtpSink.start(
            SmtpSink.Options.of(this::taken)
                .withListen(listen)
                .withScript(this::at)
                .withKeep(SmtpSink.Keep.COUNT));
  }

  /** Listens on a free port of an address of this machine. */
  static RecordingSink on(String address, Script script) throws IOException {
    return new RecordingSink(new InetSocketAddress(InetAddress.ofLiteral(address), 0), script);
  }

  /** Listens on a free port of 127.0.0.1. */
  static RecordingSink start(Script script) throws IOException {
    return on("127.0.0.1", script);
  }

  private void taken(SmtpSink.Received received) {
    for (String recipient : received.recipients()) {
      arrivals.add(
          new Arrival(
              received.peer().getAddress().getHostAddress(),
              received.helo(),
              recipient,
              System.nanoTime()));
    }
  }

  private Action at(Moment moment) {
    if (moment.stage() == Stage.EHLO) {
      names.put(moment.connection(), moment.argument());
    }
    mostConnections.accumulateAndGet(moment.openConnections(), Math::max);
    Action action = script.at(moment);
    if (!(action instanceof Action.Proceed)) {
      refusals.incrementAndGet();
    }
    return action;
  }

  int port() {
    return sink.port();
  }

  /** Does as this says from here on. */
  void script(Script other) {
    script = other;
  }

  /** What the client of a moment's connection called itself; empty before EHLO. */
  String name(Moment moment) {
    return names.getOrDefault(moment.connection(), "");
  }

  /** Connections accepted so far. */
  long connections() {
    return sink.connections();
  }

  int mostConnections() {
    return mostConnections.get();
  }

  /** Times that the script did anything else than to proceed. */
  int refusals() {
    return refusals.get();
  }

  /** What arrived for a domain, in order. */
  List<Arrival> arrivals(String domain) {
    return arrivals.stream().filter(arrival -> arrival.domain().equals(domain)).toList();
  }

  int arrived(String domain) {
    return arrivals(domain).size();
  }

  /** How many arrived for a domain from each source. */
  Map<String, Long> sources(String domain) {
    return arrivals(domain).stream()
        .collect(Collectors.groupingBy(Arrival::source, Collectors.counting()));
  }

  @Override
  public void close() throws IOException {
    sink.close();
  }
}
