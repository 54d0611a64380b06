package io.mailraft.node.http.mail;

import io.mailraft.node.json.InputException;
import io.mailraft.node.json.InputException.Fault;
import io.mailraft.node.mime.AddressLimit;
import io.mailraft.node.mime.AddressList;
import io.mailraft.node.mime.HeaderLines;
import io.mailraft.node.mime.MailEnvelope;
import io.mailraft.node.mime.Mailbox;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The envelope of a whole message: what the query says, and its own headers for the rest. */
public final class HeaderEnvelope {
  private final AddressLimit limit;
  private final Optional<String> sender;
  private final List<Mailbox> recipients = new ArrayList<>();

  /**
   * Reads the query.
   *
   * @param from reverse path; "" or "<>" for the null sender
   * @param to address lists
   * @param limit of the message
   * @throws InputException if they are none
   */
  public HeaderEnvelope(Optional<String> from, List<String> to, AddressLimit limit)
      throws InputException {
    this.limit = limit;
    this.sender = from.isPresent() ? Optional.of(reversePath(from.get())) : Optional.empty();
    for (String list : to) {
      AddressList.parse("the parameter to", list, limit)
          .forEach(addressee -> recipients.addAll(addressee.mailboxes()));
    }
    if (!to.isEmpty() && recipients.isEmpty()) {
      throw new InputException(Fault.NO_RECIPIENTS, "the parameter to names nobody");
    }
  }

  private static String reversePath(String text) throws InputException {
    if (text.isBlank() || text.strip().equals("<>")) {
      return "";
    }
    List<Mailbox> found =
        AddressList.parse("the parameter from", text).stream()
            .flatMap(addressee -> addressee.mailboxes().stream())
            .toList();
    if (found.size() != 1) {
      throw new InputException(
          Fault.INVALID_PARAMETER, "the parameter from is one address, not " + found.size());
    }
    return found.getFirst().address();
  }

  /** The envelope that a message's headers alone say. */
  public static MailEnvelope of(HeaderLines headers, AddressLimit limit) throws InputException {
    return new HeaderEnvelope(Optional.empty(), List.of(), limit).with(headers);
  }

  /**
   * The whole envelope.
   *
   * @throws InputException if there is no sender or nobody to send to
   */
  public MailEnvelope with(HeaderLines headers) throws InputException {
    List<Mailbox> to = new ArrayList<>(recipients);
    if (to.isEmpty()) {
      for (String name : List.of("to", "cc", "bcc")) {
        to.addAll(headers.mailboxes(name, limit));
      }
    }
    if (to.isEmpty()) {
      throw new InputException(
          Fault.NO_RECIPIENTS,
          "there is nobody to send to: the message needs To, Cc or Bcc, or the call ?to=");
    }
    String from = sender.isPresent() ? sender.get() : sender(headers);
    boolean utf8 =
        Stream.concat(
                Stream.concat(Stream.of(from), to.stream().map(Mailbox::address)),
                Stream.of("from", "sender", "reply-to", "to", "cc")
                    .flatMap(name -> headers.addresses(name).stream()))
            .anyMatch(address -> address.chars().anyMatch(c -> c > 0x7e));
    return new MailEnvelope(from, to, utf8);
  }

  private String sender(HeaderLines headers) throws InputException {
    for (String name : List.of("from", "sender")) {
      List<Mailbox> found = headers.mailboxes(name, limit);
      if (!found.isEmpty()) {
        return found.getFirst().address();
      }
    }
    throw new InputException(
        Fault.INVALID_CONTENT, "there is no sender: the message needs From, or the call ?from=");
  }
}
