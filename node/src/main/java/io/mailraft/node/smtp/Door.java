package io.mailraft.node.smtp;

import io.mailraft.config.SmtpConfig;
import io.mailraft.node.access.Keepers;
import io.mailraft.node.submit.Entrance;

/**
 * What the sessions of one listener share.
 *
 * @param config settings of the listener
 * @param entrance where messages go
 * @param domains gives recipients their domains
 * @param events who is told what happens
 * @param keepers whom the listener asks who may come
 */
record Door(
    SmtpConfig config,
    Entrance entrance,
    RecipientDomains domains,
    SmtpEvents events,
    Keepers keepers) {

  Door {
    events = new GuardedEvents(events);
  }
}
