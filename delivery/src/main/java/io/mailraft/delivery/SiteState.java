package io.mailraft.delivery;

import java.time.Instant;
import java.util.List;

/**
 * How a zone's mail for one site goes from one source, at one moment.
 *
 * @param site name of the site: its hosts and port
 * @param source local address; of the node's own addresses the one that stands for all
 * @param window most connections that the site's behaviour allows
 * @param connections those open or being opened
 * @param waiting claims that wait and may go this way; those that may go several are counted in
 *     each
 * @param phase what becomes of a claim that waits
 */
public record SiteState(
    String site, String source, int window, int connections, int waiting, Phase phase) {

  /** How the name of a limit begins that is all of a zone's connections. */
  public static final String ZONE_LIMIT = "zone:";

  /** What becomes of a claim that waits. */
  public sealed interface Phase {

    /** Since when it is so. */
    Instant since();

    /** What there is to say, in a few words. */
    String text();
  }

  /** It is sent. */
  public record Ready(Instant since) implements Phase {
    @Override
    public String text() {
      return "ready";
    }
  }

  /**
   * It waits for sends.
   *
   * @param counters names of the counters of which one at least is used up; {@code slowdown} where
   *     it is the site's own slower pace
   */
  public record Throttled(List<String> counters, Instant since) implements Phase {
    public Throttled {
      counters = List.copyOf(counters);
    }

    @Override
    public String text() {
      return "throttled by " + String.join(", ", counters);
    }
  }

  /**
   * It waits for a connection.
   *
   * @param limit name of the counter that is full; {@code zone:} and its name where all of the
   *     zone's connections are in use
   */
  public record ConnectionsFull(String limit, Instant since) implements Phase {
    @Override
    public String text() {
      return "no connection free under " + limit;
    }
  }

  /**
   * It is deferred at once: the site is dead.
   *
   * @param until when the site is tried again
   * @param reply what the site said, or our own words
   */
  public record BackingOff(Instant until, String reply, Instant since) implements Phase {
    @Override
    public String text() {
      return "backing off until " + until + ": " + reply;
    }
  }

  /**
   * It goes from another source, or is deferred at once where there is none.
   *
   * @param until when the source is tried again
   * @param reply what the site said
   */
  public record Blocklisted(Instant until, String reply, Instant since) implements Phase {
    @Override
    public String text() {
      return "blocklisted until " + until + ": " + reply;
    }
  }
}
