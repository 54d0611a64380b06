package io.mailraft.node.smtp;

import java.nio.charset.StandardCharsets;

/** EHLO and HELO: the client's name, and what we offer. */
final class HelloCommand extends SmtpCommand {
  private static final int NAME_LENGTH_MAX = 255;

  private final boolean extended;
  private final byte[] answer;

  private HelloCommand(Verb verb, boolean extended, String answer) {
    super(verb);
    this.extended = extended;
    this.answer = answer.getBytes(StandardCharsets.US_ASCII);
  }

  static HelloCommand helo(String hostname) {
    return new HelloCommand(Verb.HELO, false, "250 " + hostname + "\r\n");
  }

  static HelloCommand ehlo(String hostname, long maxMessageBytes) {
    return new HelloCommand(
        Verb.EHLO,
        true,
        "250-"
            + hostname
            + "\r\n250-PIPELINING\r\n250-SIZE "
            + maxMessageBytes
            + "\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250 CHUNKING\r\n");
  }

  @Override
  void run(Conversation conversation, String argument) {
    if (!isName(argument)) {
      conversation.refuse(Reply.HELLO_SYNTAX);
      return;
    }
    conversation.greet(argument, extended);
    conversation.wire().write(answer);
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
