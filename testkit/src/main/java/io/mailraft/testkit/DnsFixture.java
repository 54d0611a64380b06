package io.mailraft.testkit;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.BindException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.MXRecord;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;

/**
 * A DNS server on 127.0.0.1, UDP and TCP on one port, that answers for what a test made up.
 *
 * <p>Names without any record are NXDOMAIN; names with records of other types give an empty answer.
 */
public final class DnsFixture implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DnsFixture.class);
  private static final int UDP_BYTES_MAX = 512;
  private static final int QUERY_BYTES_MAX = 65_535;
  private static final int CNAME_DEPTH_MAX = 8;
  private static final int PORT_TRIES = 20;

  private enum Trouble {
    SERVFAIL,
    SILENCE
  }

  private final DatagramSocket udp;
  private final ServerSocket tcp;
  private final Map<Name, List<Record>> records = new ConcurrentHashMap<>();
  private final Map<Name, Trouble> troubles = new ConcurrentHashMap<>();
  private final Map<Name, AtomicInteger> queries = new ConcurrentHashMap<>();
  private volatile long ttlSeconds = 300;

  private DnsFixture(DatagramSocket udp, ServerSocket tcp) {
    this.udp = udp;
    this.tcp = tcp;
  }

  /**
   * Starts answering on a free port.
   *
   * @throws IOException if no port is free for UDP and TCP both
   */
  public static DnsFixture start() throws IOException {
    InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
    for (int i = 0; i < PORT_TRIES; i++) {
      ServerSocket tcp = new ServerSocket(0, 50, loopback);
      try {
        DatagramSocket udp =
            new DatagramSocket(new InetSocketAddress(loopback, tcp.getLocalPort()));
        DnsFixture fixture = new DnsFixture(udp, tcp);
        Thread.ofVirtual().name("dns-udp").start(fixture::serveUdp);
        Thread.ofVirtual().name("dns-tcp").start(fixture::serveTcp);
        return fixture;
      } catch (BindException e) {
        LOG.debug("port {} is taken for UDP", tcp.getLocalPort(), e);
        tcp.close();
      }
    }
    throw new IOException("no port is free for UDP and TCP both");
  }

  /** The port, of UDP and TCP. */
  public int port() {
    return tcp.getLocalPort();
  }

  /** Sets the time to live of records that are added from here on. */
  public DnsFixture ttlSeconds(long seconds) {
    ttlSeconds = seconds;
    return this;
  }

  /** Adds an MX record. */
  public DnsFixture mx(String name, int preference, String host) {
    return add(new MXRecord(name(name), DClass.IN, ttlSeconds, preference, name(host)));
  }

  /** Adds the null MX record of RFC 7505. */
  public DnsFixture nullMx(String name) {
    return add(new MXRecord(name(name), DClass.IN, ttlSeconds, 0, Name.root));
  }

  /** Adds an A or AAAA record, as the address literal is. */
  public DnsFixture address(String name, String literal) {
    InetAddress address = InetAddress.ofLiteral(literal);
    return add(
        address.getAddress().length == 4
            ? new ARecord(name(name), DClass.IN, ttlSeconds, address)
            : new AAAARecord(name(name), DClass.IN, ttlSeconds, address));
  }

  /** Adds a CNAME record. */
  public DnsFixture cname(String name, String target) {
    return add(new CNAMERecord(name(name), DClass.IN, ttlSeconds, name(target)));
  }

  /** Answers SERVFAIL for this name. */
  public DnsFixture servfail(String name) {
    troubles.put(name(name), Trouble.SERVFAIL);
    return this;
  }

  /** Does not answer for this name. */
  public DnsFixture silent(String name) {
    troubles.put(name(name), Trouble.SILENCE);
    return this;
  }

  /** Forgets all about this name, which so becomes NXDOMAIN. */
  public DnsFixture forget(String name) {
    records.remove(name(name));
    troubles.remove(name(name));
    return this;
  }

  /** Queries for this name so far. */
  public int queries(String name) {
    AtomicInteger count = queries.get(name(name));
    return count == null ? 0 : count.get();
  }

  @Override
  public void close() throws IOException {
    udp.close();
    tcp.close();
  }

  private DnsFixture add(Record record) {
    records.computeIfAbsent(record.getName(), n -> new CopyOnWriteArrayList<>()).add(record);
    return this;
  }

  private static Name name(String text) {
    try {
      return Name.fromString(text, Name.root).canonicalize();
    } catch (TextParseException e) {
      throw new IllegalArgumentException("'" + text + "' is no domain name", e);
    }
  }

  private void serveUdp() {
    byte[] block = new byte[QUERY_BYTES_MAX];
    while (!udp.isClosed()) {
      try {
        DatagramPacket packet = new DatagramPacket(block, block.length);
        udp.receive(packet);
        Message query = new Message(Arrays.copyOf(block, packet.getLength()));
        Optional<Message> answer = answer(query);
        if (answer.isPresent()) {
          byte[] bytes = answer.get().toWire(UDP_BYTES_MAX);
          udp.send(new DatagramPacket(bytes, bytes.length, packet.getSocketAddress()));
        }
      } catch (IOException e) {
        LOG.debug("a query was not answered", e);
      }
    }
  }

  private void serveTcp() {
    while (!tcp.isClosed()) {
      try {
        Socket socket = tcp.accept();
        Thread.ofVirtual().name("dns-tcp-session").start(() -> serveTcp(socket));
      } catch (IOException e) {
        LOG.debug("a connection was not accepted", e);
      }
    }
  }

  private void serveTcp(Socket socket) {
    try (socket) {
      DataInputStream in = new DataInputStream(socket.getInputStream());
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      while (!tcp.isClosed()) {
        byte[] query = new byte[in.readUnsignedShort()];
        in.readFully(query);
        Optional<Message> answer = answer(new Message(query));
        if (answer.isPresent()) {
          byte[] bytes = answer.get().toWire();
          out.writeShort(bytes.length);
          out.write(bytes);
          out.flush();
        }
      }
    } catch (IOException e) {
      LOG.debug("a TCP client went away", e);
    }
  }

  private Optional<Message> answer(Message query) {
    Record question = query.getQuestion();
    Message answer = new Message(query.getHeader().getID());
    answer.getHeader().setFlag(Flags.QR);
    answer.getHeader().setFlag(Flags.AA);
    if (query.getHeader().getFlag(Flags.RD)) {
      answer.getHeader().setFlag(Flags.RD);
      answer.getHeader().setFlag(Flags.RA);
    }
    if (question == null) {
      answer.getHeader().setRcode(Rcode.FORMERR);
      return Optional.of(answer);
    }
    answer.addRecord(question, Section.QUESTION);
    Name name = question.getName().canonicalize();
    queries.computeIfAbsent(name, n -> new AtomicInteger()).incrementAndGet();
    for (int depth = 0; depth < CNAME_DEPTH_MAX; depth++) {
      Trouble trouble = troubles.get(name);
      if (trouble == Trouble.SILENCE) {
        return Optional.empty();
      }
      if (trouble == Trouble.SERVFAIL) {
        answer.getHeader().setRcode(Rcode.SERVFAIL);
        return Optional.of(answer);
      }
      List<Record> known = records.get(name);
      if (known == null) {
        answer.getHeader().setRcode(Rcode.NXDOMAIN);
        return Optional.of(answer);
      }
      Optional<Name> alias = Optional.empty();
      for (Record record : known) {
        if (record.getType() == question.getType()) {
          answer.addRecord(record, Section.ANSWER);
        } else if (record instanceof CNAMERecord cname && question.getType() != Type.CNAME) {
          answer.addRecord(record, Section.ANSWER);
          alias = Optional.of(cname.getTarget().canonicalize());
        }
      }
      if (alias.isEmpty()) {
        return Optional.of(answer);
      }
      name = alias.get();
    }
    answer.getHeader().setRcode(Rcode.SERVFAIL);
    return Optional.of(answer);
  }
}
