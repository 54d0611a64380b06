package io.mailraft.node.smtp;

import io.mailraft.config.SmtpConfig;
import io.mailraft.node.access.Keepers;
import io.mailraft.queue.Uploads;
import java.time.InstantSource;

/**
 * What the sessions of one listener share.
 *
 * @param config settings of the listener
 * @param uploads where messages go
 * @param zones gives recipients their zones
 * @param domains gives recipients their domains
 * @param node name of this node
 * @param clock time for Date fields and acceptance
 * @param events who is told what happens
 * @param keepers whom the listener asks who may come
 */
record Door(
    SmtpConfig config,
    Uploads uploads,
    ZoneChooser zones,
    RecipientDomains domains,
    String node,
    InstantSource clock,
    SmtpEvents events,
    Keepers keepers) {

  Door {
    events = new GuardedEvents(events);
  }
}
