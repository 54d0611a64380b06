package io.mailraft.ops.torture;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** What can be done to a cluster. */
public enum Fault {
  /** SIGKILL, and a new start at the end. */
  KILL(false, Spread.ANY),
  /** SIGSTOP, and SIGCONT at the end; longer than a lease as often as shorter. */
  FREEZE(false, Spread.ANY),
  /** SIGTERM and a new start, one node after the other. */
  STOP(false, Spread.ANY),
  /** The far end refuses all mail for now. */
  SINK_BUSY(false, Spread.NONE),
  /** The power of the node's machine is gone: what was not on its disk is lost. */
  POWER_CUT(true, Spread.ANY),
  /** The node's disk is full. */
  DISK_FULL(true, Spread.ANY),
  /** The node's disk takes no more writes, as ext4 does after an error of the device. */
  READ_ONLY(true, Spread.ANY),
  /** One fdatasync of each thread fails with EIO. */
  DISK_ERROR(true, Spread.ANY),
  /** Every fdatasync takes 100 ms longer. */
  DISK_SLOW(true, Spread.ANY),
  /** The node is cut off from all other nodes, not from clients and the sink. */
  CUT(true, Spread.ANY),
  /** The node is cut off from everything. */
  ISOLATE(true, Spread.ANY),
  /** What the node sends to other nodes is dropped, what they send to it is not. */
  ONE_WAY(true, Spread.ANY),
  /** A fifth of the node's packets are lost, either way. */
  LOSS(true, Spread.ANY),
  /** Packets from and to the node take 50 ms longer. */
  DELAY(true, Spread.ANY),
  /** The node's wall clock jumps a day forward, or back, and returns at the end. */
  CLOCK(true, Spread.ANY);

  /** How many nodes it may strike at once. */
  enum Spread {
    /** It strikes no node. */
    NONE,
    /** Less than half of them. */
    MINORITY,
    /** Any number: what was accepted must wait, and must not be lost. */
    ANY
  }

  private final boolean root;
  private final Spread spread;

  Fault(boolean root, Spread spread) {
    this.root = root;
    this.spread = spread;
  }

  /** Whether it needs root. */
  public boolean root() {
    return root;
  }

  Spread spread() {
    return spread;
  }

  /** The name on the command line, such as {@code sink-busy}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * The faults of a list of words separated by commas.
   *
   * @throws IllegalArgumentException if a word is none of them
   */
  public static Set<Fault> parse(String words) {
    EnumSet<Fault> found = EnumSet.noneOf(Fault.class);
    for (String word : words.split(",", -1)) {
      found.add(
          Arrays.stream(values())
              .filter(fault -> fault.word().equals(word.strip()))
              .findFirst()
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "there is no fault \"" + word.strip() + "\"; there are " + words())));
    }
    return found;
  }

  /** All words, separated by commas. */
  public static String words() {
    return Arrays.stream(values()).map(Fault::word).collect(Collectors.joining(", "));
  }
}
