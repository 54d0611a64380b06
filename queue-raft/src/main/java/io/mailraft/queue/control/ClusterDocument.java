package io.mailraft.queue.control;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * The settings that the whole cluster shares, in one of their versions.
 *
 * @param version counts from 1; 0 where nothing was set yet
 * @param yaml its text, without its version
 * @param author who set it
 * @param stampMillis when, Unix milliseconds
 * @param comment what its author said of it; may be empty
 * @param reroutes standing orders: zones that are gone, each with the zone that takes its mail
 */
public record ClusterDocument(
    long version,
    String yaml,
    String author,
    long stampMillis,
    String comment,
    Map<String, String> reroutes) {
  static final ClusterDocument NONE = new ClusterDocument(0, "", "", 0);

  public ClusterDocument {
    // Sorted, so that every replica writes the same bytes.
    reroutes = Collections.unmodifiableMap(new TreeMap<>(reroutes));
  }

  /** A document without a comment and standing orders. */
  public ClusterDocument(long version, String yaml, String author, long stampMillis) {
    this(version, yaml, author, stampMillis, "", Map.of());
  }
}
