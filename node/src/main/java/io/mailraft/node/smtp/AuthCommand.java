package io.mailraft.node.smtp;

import io.mailraft.node.access.Credentials;
import io.mailraft.node.access.Gate;
import io.mailraft.node.access.Transport;
import io.mailraft.node.access.Verdict;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;

/**
 * AUTH (RFC 4954) with the mechanisms PLAIN (RFC 4616) and LOGIN, which sends the same in two
 * steps.
 */
final class AuthCommand extends SmtpCommand {
  /** What the EHLO answer says. */
  static final String OFFER = "AUTH PLAIN LOGIN";

  private static final String CANCEL = "*";
  private static final byte[] CHALLENGE = ascii("334 \r\n");
  private static final byte[] USERNAME = ascii("334 VXNlcm5hbWU6\r\n");
  private static final byte[] PASSWORD = ascii("334 UGFzc3dvcmQ6\r\n");

  AuthCommand() {
    super(Verb.AUTH);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** The exchange ends here, with this answer. */
  private static final class Ended extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient Optional<Reply> answer;

    /**
     * @param answer empty where there is nobody any more to be answered
     */
    Ended(Optional<Reply> answer) {
      this.answer = answer;
    }

    Ended(Reply answer, Throwable cause) {
      super(cause);
      this.answer = Optional.of(answer);
    }
  }

  @Override
  void run(Conversation conversation, String argument) {
    Optional<Gate> gate = conversation.door().keepers().gate();
    if (gate.isEmpty()) {
      conversation.refuse(Reply.NOT_IMPLEMENTED);
    } else if (!conversation.extended()) {
      conversation.refuse(Reply.EHLO_FIRST);
    } else if (conversation.account().isPresent()) {
      conversation.refuse(Reply.AUTH_ALREADY);
    } else if (conversation.transaction().isPresent()) {
      conversation.refuse(Reply.AUTH_IN_TRANSACTION);
    } else if (!conversation.mayAuthenticate()) {
      conversation.refuse(Reply.NEEDS_TLS);
    } else {
      try {
        judge(conversation, gate.get(), credentials(conversation, argument));
      } catch (Ended e) {
        e.answer.ifPresent(conversation::refuse);
      }
    }
  }

  private static Credentials credentials(Conversation conversation, String argument) throws Ended {
    int blank = argument.indexOf(' ');
    String mechanism = blank < 0 ? argument : argument.substring(0, blank);
    Optional<String> initial =
        blank < 0 ? Optional.empty() : Optional.of(argument.substring(blank + 1).strip());
    return switch (mechanism.toUpperCase(Locale.ROOT)) {
      case "PLAIN" -> plain(response(conversation, initial, CHALLENGE));
      case "LOGIN" -> {
        String name = response(conversation, initial, USERNAME);
        yield new Credentials.Password(name, response(conversation, Optional.empty(), PASSWORD));
      }
      case "" -> throw new Ended(Optional.of(Reply.AUTH_SYNTAX));
      default -> throw new Ended(Optional.of(Reply.UNKNOWN_MECHANISM));
    };
  }

  /** An identity to act as, which must be none or one's own, a name and its password. */
  private static Credentials plain(String message) throws Ended {
    String[] parts = message.split("\0", -1);
    if (parts.length != 3) {
      throw new Ended(Optional.of(Reply.BAD_RESPONSE));
    }
    boolean own = parts[0].isEmpty() || parts[0].equals(parts[1]);
    return new Credentials.Password(own ? parts[1] : "", parts[2]);
  }

  /** What the client answers to a challenge, decoded. */
  private static String response(
      Conversation conversation, Optional<String> initial, byte[] challenge) throws Ended {
    String text;
    if (initial.isPresent()) {
      text = initial.get().equals("=") ? "" : initial.get();
    } else {
      CommandLine line = conversation.ask(challenge).orElseThrow(() -> new Ended(Optional.empty()));
      if (line.verb() == Verb.MALFORMED) {
        throw new Ended(Optional.of(line.answer()));
      }
      text = line.argument();
      if (text.equals(CANCEL)) {
        throw new Ended(Optional.of(Reply.AUTH_CANCELLED));
      }
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(Base64.getDecoder().decode(text)))
          .toString();
    } catch (IllegalArgumentException | CharacterCodingException e) {
      throw new Ended(Reply.BAD_RESPONSE, e);
    }
  }

  private static void judge(Conversation conversation, Gate gate, Credentials credentials) {
    // Replies to commands that were pipelined before are the client's to have meanwhile.
    conversation.wire().flush();
    Verdict verdict = gate.ask(credentials, conversation.client(), Transport.SMTP).join();
    switch (verdict) {
      case Verdict.Admitted admitted -> {
        conversation.authenticated(admitted.account());
        conversation.reply(Reply.AUTHENTICATED);
      }
      case Verdict.Denied _ -> conversation.denied();
      case Verdict.TooMany _ -> conversation.reply(Reply.TOO_MANY_ATTEMPTS);
      case Verdict.Unavailable _ -> conversation.reply(Reply.AUTH_TROUBLE);
    }
  }
}
