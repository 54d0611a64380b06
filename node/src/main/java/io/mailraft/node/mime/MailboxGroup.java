package io.mailraft.node.mime;

import io.mailraft.node.json.InputException;
import java.util.ArrayList;
import java.util.List;

/**
 * A named group of mailboxes, such as {@code undisclosed-recipients:;}.
 *
 * @param name its display name
 * @param mailboxes its members; may be none
 */
public record MailboxGroup(String name, List<Mailbox> mailboxes) implements Addressee {
  public MailboxGroup {
    mailboxes = List.copyOf(mailboxes);
  }

  @Override
  public String header() throws InputException {
    List<String> members = new ArrayList<>();
    for (Mailbox mailbox : mailboxes) {
      members.add(mailbox.header());
    }
    return HeaderText.phrase(name) + ":" + String.join(", ", members) + ";";
  }
}
