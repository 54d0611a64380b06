package io.mailraft.node.smtp;

import io.mailraft.queue.QueueException;
import java.nio.charset.StandardCharsets;

/**
 * A reply of one line with an enhanced status code (RFC 2034), ready for the wire. Texts are ours,
 * never a client's.
 */
final class Reply {
  static final Reply OK = of(250, "2.0.0", "Ok");
  static final Reply SENDER_OK = of(250, "2.1.0", "Ok");
  static final Reply RECIPIENT_OK = of(250, "2.1.5", "Ok");
  static final Reply TLS_READY = of(220, "2.0.0", "Ready to start TLS");
  static final Reply AUTHENTICATED = of(235, "2.7.0", "Authentication succeeded");
  static final Reply BYE = of(221, "2.0.0", "Bye");
  static final Reply CANNOT_VERIFY = of(252, "2.0.0", "Send some mail and see");
  static final Reply HELP = of(214, "2.0.0", "See RFC 5321");

  static final Reply TIMEOUT = of(421, "4.4.2", "Timeout, closing connection");
  static final Reply NO_MAIL = of(421, "4.4.2", "No message for too long, closing connection");
  static final Reply STOPPING = of(421, "4.3.2", "The service is shutting down");
  static final Reply TOO_MANY_ERRORS = of(421, "4.7.0", "Too many errors, closing connection");
  static final Reply NOT_SMTP = of(421, "4.7.0", "This is no HTTP server, closing connection");
  static final Reply TOO_MANY_CONNECTIONS =
      of(421, "4.7.0", "Too many connections, try again later");
  static final Reply TOO_MANY_OF_ADDRESS =
      of(421, "4.7.0", "Too many connections from your address, try again later");
  static final Reply NOT_ALLOWED = of(554, "5.7.1", "Your address may not connect here");
  static final Reply TROUBLE = of(451, "4.3.0", "The service has trouble, try again later");

  static final Reply BARE_IN_COMMAND = of(550, "5.5.2", "Bare CR or LF, lines must end with CRLF");
  static final Reply COMMAND_TOO_LONG = of(500, "5.5.2", "Command line too long");
  static final Reply BAD_CHARACTER = of(500, "5.5.2", "Character not allowed in a command");
  static final Reply UNKNOWN = of(500, "5.5.1", "Command not recognized");
  static final Reply NOT_IMPLEMENTED = of(502, "5.5.1", "Command not implemented");
  static final Reply NO_ARGUMENT = of(501, "5.5.4", "The command takes no argument");
  static final Reply HELLO_SYNTAX = of(501, "5.5.4", "A host name or address literal is needed");
  static final Reply MAIL_SYNTAX = of(501, "5.5.2", "Syntax: MAIL FROM:<address> [parameters]");
  static final Reply RCPT_SYNTAX = of(501, "5.5.2", "Syntax: RCPT TO:<address>");
  static final Reply BDAT_SYNTAX = of(501, "5.5.4", "Syntax: BDAT size [LAST]");
  static final Reply HELLO_FIRST = of(503, "5.5.1", "EHLO or HELO comes first");
  static final Reply NESTED_MAIL = of(503, "5.5.1", "A sender was given already");
  static final Reply MAIL_FIRST = of(503, "5.5.1", "MAIL comes first");
  static final Reply RCPT_FIRST = of(503, "5.5.1", "No recipient was accepted");
  static final Reply BDAT_BEGUN = of(503, "5.5.1", "BDAT has begun, only BDAT or RSET may follow");
  static final Reply NO_TRANSACTION = of(503, "5.5.1", "The transaction is over, MAIL comes first");

  static final Reply EHLO_FIRST = of(503, "5.5.1", "EHLO comes first");
  static final Reply TLS_ALREADY = of(503, "5.5.1", "TLS has begun already");
  static final Reply AUTH_ALREADY = of(503, "5.5.1", "You are authenticated already");
  static final Reply AUTH_IN_TRANSACTION =
      of(503, "5.5.1", "AUTH may not come within a transaction");
  static final Reply AUTH_SYNTAX = of(501, "5.5.4", "Syntax: AUTH mechanism [initial-response]");
  static final Reply UNKNOWN_MECHANISM = of(504, "5.5.4", "The mechanisms are PLAIN and LOGIN");
  static final Reply BAD_RESPONSE = of(501, "5.5.2", "The response is not well-formed");
  static final Reply RESPONSE_TOO_LONG = of(500, "5.5.6", "The response is too long");
  static final Reply AUTH_CANCELLED = of(501, "5.7.0", "Authentication cancelled");
  static final Reply NEEDS_TLS = of(538, "5.7.11", "Passwords may come under TLS only");
  static final Reply NEEDS_AUTH = of(530, "5.7.0", "Authentication required");
  static final Reply AUTH_DENIED = of(535, "5.7.8", "Name and password are not known together");
  static final Reply AUTH_TROUBLE =
      of(454, "4.7.0", "Nobody can tell just now who you are, try again later");
  static final Reply TOO_MANY_ATTEMPTS =
      of(421, "4.7.0", "Too many failed attempts, try again later");

  static final Reply UNKNOWN_PARAMETER = of(555, "5.5.4", "Parameter not recognized");
  static final Reply BAD_PARAMETER = of(501, "5.5.4", "Parameter not well-formed");
  static final Reply BODY_NOT_OFFERED = of(504, "5.5.4", "BODY must be 7BIT or 8BITMIME");
  static final Reply TOO_LARGE = of(552, "5.3.4", "The message is larger than allowed");
  static final Reply BAD_SENDER = of(501, "5.1.7", "The sender address is not well-formed");
  static final Reply BAD_RECIPIENT = of(501, "5.1.3", "The recipient address is not well-formed");
  static final Reply NO_DOMAIN = of(550, "5.1.3", "The recipient address needs a domain");
  static final Reply BAD_DOMAIN = of(550, "5.1.2", "The recipient's domain cannot receive mail");
  static final Reply NEEDS_UTF8 = of(553, "5.6.7", "The address needs SMTPUTF8");
  static final Reply BUSY =
      of(
          QueueException.Reason.BUSY.code(),
          QueueException.Reason.BUSY.enhanced(),
          QueueException.Reason.BUSY.text());
  static final Reply TOO_MANY_RECIPIENTS = of(452, "4.5.3", "Too many recipients");

  static final Reply BARE_IN_CONTENT =
      of(550, "5.5.2", "Bare CR or LF in the content, lines must end with CRLF");
  static final Reply NUL_IN_CONTENT = of(554, "5.6.0", "NUL in the content");
  static final Reply LINE_TOO_LONG =
      of(554, "5.6.0", "A line of the content is longer than allowed");
  static final Reply HEADER_TOO_LARGE =
      of(552, "5.3.4", "The header section is larger than allowed");
  static final Reply MAIL_LOOP = of(554, "5.4.6", "Too many Received headers, mail loop");

  private final int code;
  private final String enhanced;
  private final byte[] bytes;

  private Reply(int code, String enhanced, String text) {
    this.code = code;
    this.enhanced = enhanced;
    this.bytes = (code + " " + enhanced + " " + text + "\r\n").getBytes(StandardCharsets.US_ASCII);
  }

  static Reply of(int code, String enhanced, String text) {
    return new Reply(code, enhanced, text);
  }

  int code() {
    return code;
  }

  String enhanced() {
    return enhanced;
  }

  /** The reply with its CRLF. Not to be changed. */
  byte[] bytes() {
    return bytes;
  }

  /** Whether the connection is closed after this reply (RFC 5321 3.8). */
  boolean closes() {
    return code == 421 || code == 221;
  }
}
