package io.mailraft.ops.torture;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** What can be done to a cluster. */
public enum Fault {
  /** SIGKILL, and a new start at the end. */
  KILL(false),
  /** SIGSTOP, and SIGCONT at the end; longer than a lease as often as shorter. */
  FREEZE(false),
  /** SIGTERM, to all of them at the same time, and a new start at the end. */
  STOP(false),
  /** The far end refuses all mail for now. */
  SINK_BUSY(false),
  /**
   * The far end lets every content wait for 1.5 s, half of them before it asks for it and half
   * before it reads it, so that much is always half done.
   */
  SINK_SLOW(false),
  /** The node dies, and its data directory is emptied: it has to rejoin. */
  WIPE(false),
  /** Files of the node's data are damaged, see {@link Damage}: it has to rejoin. */
  CORRUPT(false),
  /** The power of the node's machine is gone: what was not on its disk is lost. */
  POWER_CUT(true),
  /** The node's disk is full. */
  DISK_FULL(true),
  /** The node's disk takes no more writes, as ext4 does after an error of the device. */
  READ_ONLY(true),
  /** The first fdatasync and the first fsync of each thread fail with EIO. */
  DISK_ERROR(true),
  /** Every fdatasync and fsync takes 100 ms longer. */
  DISK_SLOW(true),
  /** The node is cut off from all other nodes, not from clients and the sink. */
  CUT(true),
  /** The node is cut off from everything. */
  ISOLATE(true),
  /** What the node sends to other nodes is dropped, what they send to it is not. */
  ONE_WAY(true),
  /** The nodes that it strikes do not reach each other, one alone not the next; the rest do. */
  PART(true),
  /** A fifth of the node's packets are lost, either way. */
  LOSS(true),
  /** Packets from and to the node take 25 ms longer, round trips 50 ms. */
  DELAY(true),
  /** The node's wall clock jumps a day forward, or back, and returns at the end. */
  CLOCK(true);

  private final boolean root;

  Fault(boolean root) {
    this.root = root;
  }

  /** Whether it needs root. */
  public boolean root() {
    return root;
  }

  /** Whether it strikes nodes: any number, since what was accepted may wait, not be lost. */
  boolean strikesNodes() {
    return this != SINK_BUSY && this != SINK_SLOW;
  }

  /** Whether it ends processes at once, so that nothing of theirs is on its way for longer. */
  boolean endsProcesses() {
    return switch (this) {
      case KILL, STOP, WIPE, POWER_CUT -> true;
      case FREEZE,
          SINK_BUSY,
          SINK_SLOW,
          CORRUPT,
          DISK_FULL,
          READ_ONLY,
          DISK_ERROR,
          DISK_SLOW,
          CUT,
          ISOLATE,
          ONE_WAY,
          PART,
          LOSS,
          DELAY,
          CLOCK ->
          false;
    };
  }

  /**
   * Whether it parts nodes or ends them. One that only slows them, or misleads them, excuses no
   * double by itself: where a lease lapses over it or a leader changes, that is seen ({@link
   * Terms}).
   */
  boolean parts() {
    return strikesNodes() && this != DISK_SLOW && this != DELAY && this != CLOCK;
  }

  /** Whether a node loses what it had on disk: never a majority of them at once. */
  boolean losesData() {
    return this == WIPE || this == CORRUPT;
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
