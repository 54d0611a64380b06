package io.mailraft.queue.control;

import io.mailraft.api.log.NodeAddresses;

/**
 * What the cluster knows of a node.
 *
 * @param number its number in message ids, 0 to 255, never given to another
 * @param name its id in the config
 * @param incarnation the start of its process
 * @param epoch its lease epoch; 0 while it holds no lease
 * @param addresses where it can be reached, and from where it delivers
 */
public record NodeEntry(
    int number, String name, long incarnation, long epoch, NodeAddresses addresses) {

  /** Whether it holds a lease. */
  public boolean live() {
    return epoch != 0;
  }
}
