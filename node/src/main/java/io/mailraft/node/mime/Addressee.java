package io.mailraft.node.mime;

import io.mailraft.node.json.InputException;
import java.util.List;

/** An item of an address list (RFC 5322 3.4): a mailbox or a group of them. */
public sealed interface Addressee permits Mailbox, MailboxGroup {

  /** Everybody that it stands for. */
  List<Mailbox> mailboxes();

  /**
   * Its text in a header, not folded.
   *
   * @throws InputException if it cannot be written
   */
  String header() throws InputException;
}
