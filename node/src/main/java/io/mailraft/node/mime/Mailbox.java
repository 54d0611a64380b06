package io.mailraft.node.mime;

import io.mailraft.node.json.InputException;
import io.mailraft.node.message.SmtpPath;
import io.mailraft.router.Addresses;
import java.util.List;
import java.util.Optional;

/**
 * One mail address with the name that people see.
 *
 * @param name display name; empty where there is none
 * @param address the address as it is written in headers and envelope: its domain is an A-label,
 *     unless the local part needs SMTPUTF8 anyway
 * @param domain the domain in the form that the queue sorts by
 */
public record Mailbox(String name, String address, String domain) implements Addressee {
  private static final int NAME_CHARS_MAX = 1_000;
  private static final int ADDRESS_CHARS_MAX = 400;

  /**
   * Checks an address (RFC 5321 4.1.2, RFC 6531 3.3).
   *
   * @param path where it comes from, for the refusal
   * @throws InputException if the address cannot receive mail, or a part of it cannot be written in
   *     a header
   */
  static Mailbox of(String path, String name, String address) throws InputException {
    HeaderText.check(path, name, NAME_CHARS_MAX);
    HeaderText.check(path, address, ADDRESS_CHARS_MAX);
    Optional<SmtpPath> parsed = SmtpPath.parse("<" + address + ">", 0);
    if (address.isEmpty()
        || address.startsWith("@")
        || parsed.isEmpty()
        || parsed.get().end() != address.length() + 2
        || !parsed.get().hasDomain()) {
      throw InputException.field(
          path, InputException.quoted(address) + " is not an address, like user@example.com");
    }
    SmtpPath good = parsed.get();
    String domain =
        Addresses.domainOf(good.address())
            .orElseThrow(
                () ->
                    InputException.field(
                        path,
                        InputException.quoted(address) + " has a domain that cannot receive mail"));
    boolean utf8 = good.localPart().chars().anyMatch(c -> c > 0x7e);
    return new Mailbox(
        name.strip(), utf8 ? good.address() : good.localPart() + '@' + domain, domain);
  }

  /** Whether the address cannot be written without SMTPUTF8 (RFC 6531). */
  public boolean needsUtf8() {
    return address.chars().anyMatch(c -> c > 0x7e);
  }

  @Override
  public String header() throws InputException {
    return name.isEmpty() ? bare() : HeaderText.phrase(name) + " <" + address + ">";
  }

  /** Without a name an address that holds a special character still needs its brackets. */
  private String bare() {
    boolean plain = address.chars().noneMatch(c -> "\"(),:;<>[\\] ".indexOf(c) >= 0);
    return plain ? address : "<" + address + ">";
  }

  @Override
  public List<Mailbox> mailboxes() {
    return List.of(this);
  }
}
