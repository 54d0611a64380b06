package io.mailraft.ops.faults;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A network of nodes, each in a namespace of its own and joined to a bridge in the namespace of
 * whoever makes it, which is where clients and sinks are.
 *
 * <p>Packets are dropped where they enter: what a node sends, on the bridge's end of its cable;
 * what it is sent, on its own end. So nobody is told that a packet was dropped, as a local rule for
 * outgoing packets would tell the sender; and only IP is dropped, for where ARP is not answered the
 * kernel reports at once that there is no route, unlike a network far away. A node in its namespace
 * is started with {@code nsenter}, not {@code ip netns exec}, whose copy of all mounts would keep
 * an unmounted disk alive.
 *
 * <p>What a node listens on 127.0.0.1 is reached from outside at {@link #loopback}.
 */
public final class NodeNetwork implements AutoCloseable {
  private static final int NETWORKS_MAX = 250;
  private static final int NODES_MAX = 99;
  private static final int FIRST_NODE = 11;
  private static final int FIRST_LOOPBACK = 111;
  private static final int PERMILLE = 1000;

  /** An interface's name has 15 characters at most, of which ours take 7. */
  private static final Pattern NODE = Pattern.compile("[a-z0-9-]{1,8}");

  private record Path(String from, String to) {}

  private final int number;
  private final Map<String, Integer> places = new LinkedHashMap<>();
  private final TakeDown takeDown = new TakeDown();
  private final Set<Path> blocked = new HashSet<>();
  private final Set<String> isolated = new HashSet<>();
  private final Map<String, Integer> lossPermille = new HashMap<>();
  private final Map<String, DelayedLink> delayed = new HashMap<>();

  private boolean closed;

  private NodeNetwork(int number) {
    this.number = number;
  }

  /** Why there can be no such network here, or empty if there can. */
  public static Optional<String> unavailable() {
    return Tools.unavailable("ip", "nft", "nsenter");
  }

  /**
   * Makes a network.
   *
   * @param nodes names of its nodes, 1 to 8 of a-z 0-9 - each
   */
  public static NodeNetwork create(List<String> nodes) throws IOException {
    if (nodes.isEmpty() || nodes.size() > NODES_MAX) {
      throw new IllegalArgumentException("1 to " + NODES_MAX + " nodes, not " + nodes.size());
    }
    for (String node : nodes) {
      if (!NODE.matcher(node).matches()) {
        throw new IllegalArgumentException(node + " is not a name of 1 to 8 of a-z 0-9 -");
      }
    }
    NodeNetwork network = new NodeNetwork(claim());
    network.takeDown.push(() -> Tools.run("ip", "link", "delete", network.bridge()));
    network.takeDown.push(() -> Tools.run("ip", "netns", "delete", network.bridge()));
    try {
      Tools.run("ip", "address", "add", network.address() + "/24", "dev", network.bridge());
      Tools.run("ip", "link", "set", network.bridge(), "up");
      for (String node : nodes) {
        network.join(node);
      }
      return network;
    } catch (IOException | RuntimeException e) {
      network.takeDown.after(e);
      throw e;
    }
  }

  /**
   * A number that no other network of this machine has. The bridge claims it within this namespace,
   * an empty namespace of the same name on the whole machine.
   */
  private static int claim() throws IOException {
    int start = Math.floorMod(ProcessHandle.current().pid(), NETWORKS_MAX);
    List<String> refusals = new ArrayList<>();
    for (int i = 0; i < NETWORKS_MAX; i++) {
      int number = (start + i) % NETWORKS_MAX + 1;
      String name = "mr" + number;
      try {
        Tools.run("ip", "netns", "add", name);
      } catch (IOException taken) {
        refusals.add(String.valueOf(taken.getMessage()));
        continue;
      }
      try {
        Tools.run("ip", "link", "add", name, "type", "bridge");
        return number;
      } catch (IOException taken) {
        refusals.add(String.valueOf(taken.getMessage()));
        Tools.run("ip", "netns", "delete", name);
      }
    }
    throw new IOException("no bridge can be made: " + refusals.getLast());
  }

  private void join(String node) throws IOException {
    places.put(node, places.size());
    String namespace = namespace(node);
    Tools.run("ip", "netns", "add", namespace);
    takeDown.push(() -> Tools.run("ip", "netns", "delete", namespace));
    Tools.run(
        "ip",
        "link",
        "add",
        cable(node),
        "type",
        "veth",
        "peer",
        "name",
        "eth0",
        "netns",
        namespace);
    takeDown.push(() -> Tools.run("ip", "link", "delete", cable(node)));
    Tools.run("ip", "link", "set", cable(node), "master", bridge(), "up");
    inside(node, "", "ip", "link", "set", "lo", "up");
    inside(node, "", "ip", "address", "add", address(node) + "/24", "dev", "eth0");
    inside(node, "", "ip", "address", "add", loopback(node) + "/24", "dev", "eth0");
    inside(node, "", "ip", "link", "set", "eth0", "up");
    inside(node, "", "sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/eth0/route_localnet");
    inside(
        node,
        """
        table ip mailraft {
          chain arriving {
            type nat hook prerouting priority -100
            ip daddr %s dnat to 127.0.0.1
          }
        }
        """
            .formatted(loopback(node)),
        "nft",
        "-f",
        "-");
  }

  private void inside(String node, String input, String... command) throws IOException {
    List<String> words = new ArrayList<>(prefix(node));
    words.addAll(List.of(command));
    Tools.run(words, input);
  }

  private String bridge() {
    return "mr" + number;
  }

  private String cable(String node) {
    return bridge() + "-" + node;
  }

  private String namespace(String node) {
    return bridge() + "-" + node;
  }

  private int place(String node) {
    return Optional.ofNullable(places.get(node))
        .orElseThrow(() -> new IllegalArgumentException("there is no node " + node));
  }

  /** The names of the nodes, in order. */
  public List<String> nodes() {
    return List.copyOf(places.keySet());
  }

  /** The address of the maker's namespace in this network, for sinks and clients. */
  public String address() {
    return "10.77." + number + ".1";
  }

  /** The network with its prefix length, for lists of allowed clients. */
  public String range() {
    return "10.77." + number + ".0/24";
  }

  /** A node's own address. */
  public String address(String node) {
    return "10.77." + number + "." + (FIRST_NODE + place(node));
  }

  /** The address at which a node's 127.0.0.1 is reached from outside. */
  public String loopback(String node) {
    return "10.77." + number + "." + (FIRST_LOOPBACK + place(node));
  }

  /** The words to put before a command so that it runs in a node's namespace. */
  public List<String> prefix(String node) {
    place(node);
    return List.of("nsenter", "--net=/run/netns/" + namespace(node), "--");
  }

  /** Cuts a node off from all other nodes; clients and sinks still reach it, and it them. */
  public void cut(String node) throws IOException {
    place(node);
    for (String other : places.keySet()) {
      if (!other.equals(node)) {
        blocked.add(new Path(node, other));
        blocked.add(new Path(other, node));
      }
    }
    apply();
  }

  /** Cuts a node off from everything. */
  public void isolate(String node) throws IOException {
    place(node);
    isolated.add(node);
    apply();
  }

  /** Drops what one node sends to another; the other way stays open. */
  public void oneWay(String from, String to) throws IOException {
    place(from);
    place(to);
    blocked.add(new Path(from, to));
    apply();
  }

  /** Drops so many of a thousand packets that a node sends, and of those that it is sent. */
  public void loss(String node, int permille) throws IOException {
    place(node);
    if (permille < 0 || permille > PERMILLE) {
      throw new IllegalArgumentException("0 to " + PERMILLE + " permille, not " + permille);
    }
    lossPermille.put(node, permille);
    apply();
  }

  /**
   * Holds back every packet from and to a node for that long, so that each of its round trips takes
   * twice as much more. What was on its way when this changes is lost.
   */
  public void delay(String node, int millis) throws IOException {
    place(node);
    undelay(node);
    if (millis > 0) {
      delayed.put(node, DelayedLink.splice(cable(node), bridge(), millis));
    }
  }

  private void undelay(String node) throws IOException {
    DelayedLink link = delayed.remove(node);
    if (link != null) {
      link.close();
    }
  }

  /**
   * Undoes all faults, each whatever the others do.
   *
   * @throws IOException the first that could not be undone, with the others added to it
   */
  public void heal() throws IOException {
    blocked.clear();
    isolated.clear();
    lossPermille.clear();
    try (TakeDown all = new TakeDown()) {
      for (String node : List.copyOf(delayed.keySet())) {
        all.push(() -> undelay(node));
      }
      all.push(this::apply);
    }
  }

  private void apply() throws IOException {
    StringBuilder outgoing = new StringBuilder();
    for (String node : places.keySet()) {
      List<String> rules = new ArrayList<>(rulesForAll(node));
      for (Path path : blocked) {
        if (path.from().equals(node)) {
          rules.add("ip daddr " + address(path.to()) + " drop");
        }
      }
      outgoing.append(table("from-" + cable(node), cable(node), rules));
    }
    // One call: either all of it holds or none.
    Tools.run(List.of("nft", "-f", "-"), outgoing.toString());
    for (String node : places.keySet()) {
      inside(node, table("mailraft-in", "eth0", rulesForAll(node)), "nft", "-f", "-");
    }
  }

  private List<String> rulesForAll(String node) {
    List<String> rules = new ArrayList<>();
    int permille = lossPermille.getOrDefault(node, 0);
    if (isolated.contains(node) || permille == PERMILLE) {
      rules.add("meta protocol ip drop");
    } else if (permille > 0) {
      rules.add(
          "meta protocol ip numgen random mod " + PERMILLE + " < " + permille + " counter drop");
    }
    return rules;
  }

  private static String table(String name, String device, List<String> rules) {
    String gone = "table netdev " + name + "\ndelete table netdev " + name + "\n";
    return rules.isEmpty()
        ? gone
        : gone
            + "table netdev %s { chain entering { type filter hook ingress device \"%s\" priority 0\n"
                .formatted(name, device)
            + String.join("\n", rules)
            + "\n}\n}\n";
  }

  /** Removes the network. Processes in its namespaces go on, alone. */
  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    takeDown.push(this::heal);
    takeDown.close();
  }
}
