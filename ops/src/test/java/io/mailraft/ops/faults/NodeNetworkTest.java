package io.mailraft.ops.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Nodes here are shells; one that tries to connect says yes or no within two seconds. */
class NodeNetworkTest {
  private static final Pattern SOME_LOST =
      Pattern.compile("numgen random mod 1000 < 100 counter packets [1-9]");

  private static final int CONNECT_TIMEOUT_MILLIS = 2000;

  private NodeNetwork network;
  private final List<Process> listeners = new ArrayList<>();

  @BeforeEach
  void create() throws Exception {
    assumeTrue(
        NodeNetwork.unavailable().isEmpty(),
        () -> "NodeNetwork " + NodeNetwork.unavailable().orElseThrow());
    network = NodeNetwork.create(List.of("n1", "n2", "n3"));
    for (String node : network.nodes()) {
      listen(node, network.address(node));
    }
  }

  @AfterEach
  void remove() throws Exception {
    for (Process listener : listeners) {
      listener.destroyForcibly().waitFor();
    }
    if (network != null) {
      network.close();
    }
  }

  private void listen(String node, String address) throws Exception {
    Process listener = java(node, Listener.class, address);
    listeners.add(listener);
    assertThat(listener.inputReader().readLine()).isEqualTo("listening");
  }

  private Process java(String node, Class<?> program, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(network.prefix(node));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path")));
    command.add(program.getName());
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  /** Accepts connections and reads what comes, until it is killed. */
  static final class Listener {
    static final int PORT = 7000;

    private Listener() {}

    public static void main(String[] arguments) throws IOException {
      try (ServerSocket server = new ServerSocket(PORT, 50, InetAddress.ofLiteral(arguments[0]))) {
        System.out.println("listening");
        while (true) {
          Socket socket = server.accept();
          Thread.ofVirtual().start(() -> echo(socket));
        }
      }
    }

    private static void echo(Socket socket) {
      try (socket) {
        socket.getInputStream().transferTo(socket.getOutputStream());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Sends a byte there and back, and says whether that went well. */
  static final class Caller {
    private Caller() {}

    public static void main(String[] arguments) {
      System.out.println(calls(arguments[0]) ? "yes" : "no");
    }
  }

  private static boolean calls(String address) {
    try (Socket socket = new Socket()) {
      socket.setSoTimeout(CONNECT_TIMEOUT_MILLIS);
      socket.connect(
          new InetSocketAddress(InetAddress.ofLiteral(address), Listener.PORT),
          CONNECT_TIMEOUT_MILLIS);
      socket.getOutputStream().write(1);
      return socket.getInputStream().read() == 1;
    } catch (IOException e) {
      return false;
    }
  }

  private boolean calls(String from, String to) throws Exception {
    Process caller = java(from, Caller.class, network.address(to));
    String answer = caller.inputReader().readLine();
    assertThat(caller.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(answer).isIn("yes", "no");
    return answer.equals("yes");
  }

  private boolean reaches(String node) {
    return calls(network.address(node));
  }

  @Test
  void nodes_reach_each_other_and_are_reached() throws Exception {
    assertThat(calls("n1", "n2")).isTrue();
    assertThat(calls("n3", "n1")).isTrue();
    assertThat(reaches("n2")).isTrue();
  }

  @Test
  void what_listens_on_a_nodes_loopback_is_reached_from_outside() throws Exception {
    assertThat(calls(network.loopback("n2"))).isFalse();
    listen("n2", "127.0.0.1");
    assertThat(calls(network.loopback("n2"))).isTrue();
    assertThat(calls(network.loopback("n1"))).isFalse();
  }

  @Test
  void a_node_that_is_cut_off_reaches_clients_alone_until_it_is_healed() throws Exception {
    network.cut("n1");
    assertThat(calls("n1", "n2")).isFalse();
    assertThat(calls("n3", "n1")).isFalse();
    assertThat(calls("n2", "n3")).isTrue();
    assertThat(reaches("n1")).isTrue();
    network.heal();
    assertThat(calls("n1", "n2")).isTrue();
    assertThat(calls("n3", "n1")).isTrue();
  }

  @Test
  void an_isolated_node_is_reached_by_nobody() throws Exception {
    network.isolate("n2");
    assertThat(reaches("n2")).isFalse();
    assertThat(calls("n1", "n2")).isFalse();
    assertThat(reaches("n1")).isTrue();
    network.heal();
    assertThat(reaches("n2")).isTrue();
  }

  @Test
  void one_way_drops_one_direction_only() throws Exception {
    network.oneWay("n1", "n2");
    // A connection needs both ways, so a ping that needs no answer shows the difference.
    assertThat(calls("n1", "n2")).isFalse();
    assertThat(calls("n1", "n3")).isTrue();
    assertThat(dropped("n1", "n2")).isTrue();
    assertThat(dropped("n2", "n1")).isFalse();
  }

  /** Whether the rules drop what goes from one to the other. */
  private boolean dropped(String from, String to) throws IOException {
    String rules = Tools.run("nft", "list", "ruleset");
    String cable = network.prefix(from).get(1).replace("--net=/run/netns/", "");
    return rules
        .lines()
        .dropWhile(line -> !line.contains("table netdev from-" + cable))
        .takeWhile(line -> !line.equals("}"))
        .anyMatch(line -> line.contains("ip daddr " + network.address(to) + " drop"));
  }

  @Test
  void losing_all_is_a_cut_and_losing_some_is_survived() throws Exception {
    network.loss("n1", 1000);
    assertThat(reaches("n1")).isFalse();
    assertThat(reaches("n2")).isTrue();
    network.loss("n1", 100);
    byte[] sent = new byte[200_000];
    new Random(2).nextBytes(sent);
    try (Socket socket = new Socket(network.address("n1"), Listener.PORT)) {
      // A few large packets carry it each time; that none of hundreds is lost has no chance.
      int rounds = 0;
      do {
        echo(socket, sent);
        rounds++;
      } while (!SOME_LOST.matcher(Tools.run("nft", "list", "ruleset")).find() && rounds < 100);
    }
    assertThat(Tools.run("nft", "list", "ruleset")).containsPattern(SOME_LOST);
    network.loss("n1", 0);
    assertThat(reaches("n1")).isTrue();
  }

  @Test
  void a_delay_holds_back_each_round_trip_by_twice_its_time_and_ends() throws Exception {
    long before = roundTripMillis("n1");
    network.delay("n1", 100);
    long during = roundTripMillis("n1");
    assertThat(during).isGreaterThanOrEqualTo(200);
    assertThat(reaches("n2")).isTrue();
    network.heal();
    // The bound is a condition on the fault, not on the machine: without it there is no delay.
    assertThat(roundTripMillis("n1")).isLessThan(200);
    assertThat(before).isLessThan(200);
  }

  /** The least of some round trips over one connection. */
  private long roundTripMillis(String node) throws IOException {
    try (Socket socket = new Socket(network.address(node), Listener.PORT)) {
      socket.setTcpNoDelay(true);
      long least = Long.MAX_VALUE;
      for (int i = 0; i < 5; i++) {
        long begin = System.nanoTime();
        socket.getOutputStream().write(i);
        assertThat(socket.getInputStream().read()).isEqualTo(i);
        least = Math.min(least, System.nanoTime() - begin);
      }
      return TimeUnit.NANOSECONDS.toMillis(least);
    }
  }

  @Test
  void much_passes_a_delayed_cable_unchanged_and_a_connection_outlives_the_change()
      throws Exception {
    byte[] sent = new byte[2_000_000];
    new Random(1).nextBytes(sent);
    try (Socket socket = new Socket(network.address("n1"), Listener.PORT)) {
      network.delay("n1", 5);
      echo(socket, sent);
    }
  }

  private static void echo(Socket socket, byte[] sent) throws Exception {
    Thread writer =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    socket.getOutputStream().write(sent);
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                });
    assertThat(socket.getInputStream().readNBytes(sent.length)).isEqualTo(sent);
    writer.join();
  }

  @Test
  void closing_removes_bridge_cables_namespaces_and_rules() throws Exception {
    String bridge = bridgeName();
    network.cut("n1");
    network.delay("n2", 5);
    network.close();
    assertThat(Tools.run("ip", "-o", "link").lines())
        .noneMatch(line -> line.contains(" " + bridge + ":") || line.contains(bridge + "-n"));
    assertThat(Tools.run("nft", "list", "ruleset")).doesNotContain("from-" + bridge + "-");
    try (Stream<Path> namespaces = Files.list(Path.of("/run/netns"))) {
      assertThat(namespaces.map(path -> path.getFileName().toString()))
          .noneMatch(name -> name.equals(bridge) || name.startsWith(bridge + "-"));
    }
  }

  private String bridgeName() {
    String cable = network.prefix("n1").get(1).replace("--net=/run/netns/", "");
    return cable.substring(0, cable.indexOf('-'));
  }

  @Test
  void names_that_no_interface_can_have_are_refused() {
    assertThatThrownBy(() -> NodeNetwork.create(List.of("much-too-long")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("much-too-long");
    assertThatThrownBy(() -> network.cut("n9"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("n9");
  }
}
