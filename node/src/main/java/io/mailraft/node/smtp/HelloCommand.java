package io.mailraft.node.smtp;

import java.nio.charset.StandardCharsets;

/** EHLO and HELO: the client's name, and what we offer. */
final class HelloCommand extends SmtpCommand {
  private static final int NAME_LENGTH_MAX = 255;

  private final boolean extended;
  private final byte[] inClear;
  private final byte[] underTls;

  private HelloCommand(Verb verb, boolean extended, String inClear, String underTls) {
    super(verb);
    this.extended = extended;
    this.inClear = inClear.getBytes(StandardCharsets.US_ASCII);
    this.underTls = underTls.getBytes(StandardCharsets.US_ASCII);
  }

  static HelloCommand helo(String hostname) {
    String answer = "250 " + hostname + "\r\n";
    return new HelloCommand(Verb.HELO, false, answer, answer);
  }

  static HelloCommand ehlo(Door door) {
    return new HelloCommand(Verb.EHLO, true, offer(door, false), offer(door, true));
  }

  private static String offer(Door door, boolean tls) {
    boolean auth = tls || door.config().auth().allowPlaintext();
    return "250-"
        + door.config().hostname()
        + "\r\n250-PIPELINING\r\n250-SIZE "
        + door.config().maxMessageBytes()
        + (!tls && door.keepers().identity().isPresent() ? "\r\n250-STARTTLS" : "")
        + (auth && door.keepers().gate().isPresent() ? "\r\n250-" + AuthCommand.OFFER : "")
        + "\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250 CHUNKING\r\n";
  }

  @Override
  void run(Conversation conversation, String argument) {
    if (!isName(argument)) {
      conversation.refuse(Reply.HELLO_SYNTAX);
      return;
    }
    conversation.greet(argument, extended);
    Wire wire = conversation.wire();
    wire.write(wire.tls().isPresent() ? underTls : inClear);
  }

  /**
   * Whether the text can be a host name or an address literal. Wider than RFC 5321 (underscores,
   * any order), since many clients call themselves oddly; narrow enough to stand in a Received
   * field.
   */
  private static boolean isName(String text) {
    if (text.isEmpty() || text.length() > NAME_LENGTH_MAX) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean allowed = c < 0x80 ? Character.isLetterOrDigit(c) : Character.isLetter(c);
      if (!allowed && "-_.:[]".indexOf(c) < 0) {
        return false;
      }
    }
    return true;
  }
}
