package io.mailraft.queue;

import java.util.Optional;

/** Where front doors hand in mail. */
public interface Uploads {

  /**
   * Opens an upload under an id of its own. Nothing of it is visible before its commit (I3).
   *
   * @throws QueueException if nothing can be accepted: no majority, disk nearly full, stopping
   */
  Upload begin() throws QueueException;

  /**
   * Opens an upload whose message is stored once, however often and on whatever node the request is
   * repeated within 24 hours.
   *
   * @throws QueueException if nothing can be accepted: no majority, disk nearly full, stopping
   */
  Upload begin(RequestKey key) throws QueueException;

  /**
   * The message that is stored under a key, as far as this node has heard of it: so a repeat need
   * not be handed in again. Where it has not, only the upload's commit tells.
   *
   * @throws QueueException with the reason {@code KEY_USED} if the key stands for another request
   */
  Optional<MessageId> known(RequestKey key) throws QueueException;
}
