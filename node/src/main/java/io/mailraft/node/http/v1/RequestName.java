package io.mailraft.node.http.v1;

import io.mailraft.node.http.exchange.Exchange;
import io.mailraft.node.http.mail.Caller;
import io.mailraft.node.json.InputException;
import io.mailraft.node.json.InputException.Fault;
import io.mailraft.queue.RequestKey;
import java.util.Optional;

/**
 * The name that a client gave to its request, so that a repeat is known as such.
 *
 * @param account whose it is
 * @param key the client's word
 */
record RequestName(String account, String key) {
  static final String HEADER = "Idempotency-Key";
  static final int CHARS_MAX = 255;

  /**
   * Reads the request's header.
   *
   * @throws InputException if the key cannot be one
   */
  static Optional<RequestName> of(Exchange exchange, Caller caller) throws InputException {
    Optional<String> key = exchange.header(HEADER);
    if (key.isEmpty()) {
      return Optional.empty();
    }
    String text = key.get().strip();
    if (text.isEmpty()
        || text.length() > CHARS_MAX
        || !text.chars().allMatch(c -> c >= ' ' && c <= '~')) {
      throw new InputException(
          Fault.INVALID_PARAMETER, HEADER + ": 1 to " + CHARS_MAX + " visible ASCII characters");
    }
    return Optional.of(new RequestName(caller.user(), text));
  }

  RequestKey with(byte[] fingerprint) {
    return RequestKey.of(account, key, fingerprint);
  }

  /**
   * The name of one of many messages in the request. A key holds no line end, so none is another.
   */
  RequestName item(int index) {
    return new RequestName(account, key + "\n" + index);
  }
}
