package io.mailraft.node.smtp;

import java.util.Map;

/** What a command line asks for. The name is what SubEthaSMTP finds our command by. */
enum Verb {
  EHLO,
  HELO,
  MAIL,
  RCPT,
  DATA,
  BDAT,
  RSET,
  NOOP,
  VRFY,
  QUIT,
  HELP,
  STARTTLS,
  AUTH,
  /** A command of some extension that is not offered. */
  UNOFFERED,
  /** The first line of an HTTP request: a browser was made to talk to us. */
  FOREIGN,
  /** Anything else. */
  UNKNOWN,
  /** A line that is no command line at all. */
  MALFORMED;

  private static final Map<String, Verb> BY_NAME =
      Map.ofEntries(
          Map.entry("EHLO", EHLO),
          Map.entry("HELO", HELO),
          Map.entry("MAIL", MAIL),
          Map.entry("RCPT", RCPT),
          Map.entry("DATA", DATA),
          Map.entry("BDAT", BDAT),
          Map.entry("RSET", RSET),
          Map.entry("NOOP", NOOP),
          Map.entry("VRFY", VRFY),
          Map.entry("QUIT", QUIT),
          Map.entry("HELP", HELP),
          Map.entry("STARTTLS", STARTTLS),
          Map.entry("AUTH", AUTH),
          Map.entry("EXPN", UNOFFERED),
          Map.entry("ETRN", UNOFFERED),
          Map.entry("ATRN", UNOFFERED),
          Map.entry("TURN", UNOFFERED),
          Map.entry("BURL", UNOFFERED),
          Map.entry("SEND", UNOFFERED),
          Map.entry("SOML", UNOFFERED),
          Map.entry("SAML", UNOFFERED),
          Map.entry("GET", FOREIGN),
          Map.entry("POST", FOREIGN),
          Map.entry("PUT", FOREIGN),
          Map.entry("PATCH", FOREIGN),
          Map.entry("DELETE", FOREIGN),
          Map.entry("HEAD", FOREIGN),
          Map.entry("OPTIONS", FOREIGN),
          Map.entry("CONNECT", FOREIGN));

  /** Whether the command hands over content, or leaves; all others only prepare or pass time. */
  boolean movesOn() {
    return this == DATA || this == BDAT || this == QUIT;
  }

  static Verb of(String upperCase) {
    return BY_NAME.getOrDefault(upperCase, UNKNOWN);
  }
}
