package io.mailraft.queue.control;

/**
 * The settings that the whole cluster shares.
 *
 * @param version counts from 1; 0 where nothing was set yet
 * @param yaml its text
 * @param author who set it
 * @param stampMillis when, Unix milliseconds
 */
public record ClusterDocument(long version, String yaml, String author, long stampMillis) {
  static final ClusterDocument NONE = new ClusterDocument(0, "", "", 0);
}
