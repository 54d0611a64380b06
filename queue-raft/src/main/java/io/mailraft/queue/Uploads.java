package io.mailraft.queue;

/** Where front doors hand in mail. */
public interface Uploads {

  /**
   * Opens an upload under an id of its own. Nothing of it is visible before its commit (I3).
   *
   * @throws QueueException if nothing can be accepted: no majority, disk nearly full, stopping
   */
  Upload begin() throws QueueException;
}
