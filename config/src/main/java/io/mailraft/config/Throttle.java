package io.mailraft.config;

import java.net.InetAddress;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One entry of {@code throttles}: how fast, and over how many connections, a receiver is served.
 *
 * @param entry its key in the document: a domain pattern, {@code mx:} and a host pattern, or {@code
 *     default}
 * @param rate sends in a time; a send is one recipient of one attempt
 * @param burst sends that may start at once after a pause, 1 at least; without meaning where there
 *     is no rate
 * @param connections most open connections
 * @param per what the limits are counted over
 */
public record Throttle(
    String entry, Optional<Rate> rate, int burst, OptionalInt connections, Scope per) {

  /** What a limit is counted over. */
  public enum Scope {
    /** All nodes and zones together. */
    CLUSTER,
    /** Each zone for itself, all nodes together. */
    ZONE,
    /** Each source address for itself. */
    SOURCE
  }

  /** Key of the entry that stands for sites without one of their own. */
  public static final String DEFAULT = "default";

  /** What keys of entries about MX hosts begin with. */
  public static final String MX = "mx:";

  /** The burst of a rate that says none: one second's worth, but 1 for less than six a minute. */
  public static int defaultBurst(Rate rate) {
    double perSecond = 1e9 / rate.spacingNanos();
    return perSecond < 0.1 ? 1 : (int) Math.min(Integer.MAX_VALUE, Math.ceil(perSecond) + 1);
  }

  /**
   * Name of the counter that a send is counted in. Its first word is the entry, so that whoever
   * keeps the counter finds the limit in the document.
   *
   * @param site name of the site, which tells the counters of {@code default} apart
   * @param source text of the source address
   */
  public String counter(String zone, String site, String source) {
    StringBuilder name = new StringBuilder(entry);
    if (entry.equals(DEFAULT)) {
      name.append(" site=").append(site);
    }
    return switch (per) {
      case CLUSTER -> name.toString();
      case ZONE -> name.append(" zone=").append(zone).toString();
      case SOURCE -> name.append(" source=").append(source).toString();
    };
  }

  /** The entry that a counter of {@link #counter} or {@link #zoneCounter} belongs to. */
  public static String entryOf(String counter) {
    int space = counter.indexOf(' ');
    return space < 0 ? counter : counter.substring(0, space);
  }

  /** What the names of counters of warm-ups begin with. */
  public static final String WARM_UP = "warmup:";

  /** Name of the counter of a source's warm-up, to which the day is added: {@code day=20454}. */
  public static String warmUpCounter(InetAddress address) {
    return WARM_UP + address.getHostAddress();
  }

  /** Name of the counter of a zone's own rate. */
  public static String zoneCounter(String zone) {
    return "zone:" + zone;
  }
}
