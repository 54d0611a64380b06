package io.mailraft.queue;

import io.mailraft.queue.quota.Charge;
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

  /**
   * Counts a message in the quotas of its account and its sender domain, right before its commit.
   * Where it is certain then that the message is not stored, or was stored by an earlier request,
   * the charge is given back.
   *
   * @param account the authenticated user; empty for none, who has no quota
   * @param senderDomain as {@link io.mailraft.config.DomainName} spells it
   * @param recipients the deliveries of the message
   * @throws QueueException {@code OVER_QUOTA} where a quota has no room in the present window; what
   *     {@link #begin} throws where that is not known in time
   */
  Charge charge(String account, Optional<String> senderDomain, int recipients)
      throws QueueException;
}
