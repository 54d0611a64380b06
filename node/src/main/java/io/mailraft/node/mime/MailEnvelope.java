package io.mailraft.node.mime;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Whom a message is from and to.
 *
 * @param sender reverse path without brackets; empty for the null sender
 * @param recipients distinct mailboxes, in the order in which they were named
 * @param smtpUtf8 whether it can travel by SMTPUTF8 alone (RFC 6531)
 */
public record MailEnvelope(String sender, List<Mailbox> recipients, boolean smtpUtf8) {
  public MailEnvelope {
    recipients = distinct(recipients);
  }

  /** Recipients of the same local part and domain are one delivery; domains compare as A-labels. */
  private static List<Mailbox> distinct(Collection<Mailbox> all) {
    Map<String, Mailbox> distinct = new LinkedHashMap<>();
    for (Mailbox mailbox : all) {
      String local = mailbox.address().substring(0, mailbox.address().lastIndexOf('@'));
      distinct.putIfAbsent(local + '@' + mailbox.domain(), mailbox);
    }
    return List.copyOf(distinct.values());
  }
}
