package io.mailraft.node.http.mail;

import io.mailraft.config.Cidr;
import io.mailraft.node.access.Account;
import io.mailraft.node.http.exchange.Exchange;
import io.mailraft.node.json.InputException;
import io.mailraft.node.json.InputException.Fault;
import io.mailraft.node.submit.Submitter;
import java.net.InetAddress;
import java.util.Optional;

/**
 * Who hands in a message or gives an order.
 *
 * @param user who the caller has proved to be, or else whom it says it acts for; empty for nobody
 *     in particular
 * @param origin where the message comes from: the client, or the one that it names
 * @param trusted whether X-Sending-Zone is honoured
 * @param tls TLS version and cipher; empty without TLS
 */
public record Caller(String user, InetAddress origin, boolean trusted, String tls) {
  private static final String PROTOCOL = "HTTP";
  private static final String USER = "X-Authenticated-User";
  private static final String ORIGIN = "X-Originating-IP";
  private static final int USER_CHARS_MAX = 256;

  /**
   * Reads what a request says of its caller. Where neither the listener nor the account is trusted,
   * it says nothing. A name that was proved wins over one that is only given.
   *
   * @throws InputException if a name or an address is none
   */
  public static Caller of(Exchange exchange, boolean trusted) throws InputException {
    Optional<Account> account = exchange.account();
    boolean believed = trusted || account.filter(Account::trustRouting).isPresent();
    Optional<String> user = exchange.header(USER).filter(given -> believed && account.isEmpty());
    Optional<String> origin = exchange.header(ORIGIN).filter(given -> believed);
    if (user.isPresent()) {
      check(user.get());
    }
    return new Caller(
        user.or(() -> account.map(Account::name)).orElse(""),
        origin.isPresent() ? address(origin.get()) : exchange.client(),
        believed,
        exchange.tls());
  }

  private static void check(String user) throws InputException {
    boolean plain = user.chars().allMatch(c -> c >= ' ' && c <= '~');
    if (!plain || user.length() > USER_CHARS_MAX) {
      throw new InputException(
          Fault.INVALID_PARAMETER,
          USER + ": at most " + USER_CHARS_MAX + " visible ASCII characters");
    }
  }

  private static InetAddress address(String text) throws InputException {
    InputException none =
        new InputException(
            Fault.INVALID_PARAMETER,
            ORIGIN + ": " + InputException.quoted(text) + " is not an address, like 192.0.2.1");
    if (text.indexOf('/') >= 0) {
      throw none;
    }
    try {
      return Cidr.parse(text.strip()).network();
    } catch (IllegalArgumentException e) {
      none.initCause(e);
      throw none;
    }
  }

  /** The caller as whoever hands in a message. */
  public Submitter submitter() {
    return new Submitter(origin, literal(), PROTOCOL, user, tls, trusted);
  }

  /** Nobody greets by HTTP; the Received header wants a name, and this is the one that is known. */
  private String literal() {
    String address = Submitter.text(origin);
    return "[" + (address.indexOf(':') >= 0 ? "IPv6:" : "") + address + "]";
  }

  /** User and origin in words, for the reason of an order. */
  public String words() {
    return (user.isEmpty() ? "" : user + " at ") + Submitter.text(origin);
  }
}
