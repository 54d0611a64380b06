package io.mailraft.node.smtp;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * A command line as it came in.
 *
 * @param verb what it asks for
 * @param argument what follows the verb, without the blank between and without blanks at the end;
 *     holds no control characters
 * @param answer what is to be answered to a malformed line; unused otherwise
 */
record CommandLine(Verb verb, String argument, Reply answer) {

  static CommandLine malformed(Reply answer) {
    return new CommandLine(Verb.MALFORMED, "", answer);
  }

  /** The answer to a challenge: a line of visible ASCII, or malformed. */
  static CommandLine response(byte[] bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] <= ' ' || bytes[i] == 0x7f) {
        return malformed(Reply.BAD_RESPONSE);
      }
    }
    return new CommandLine(
        Verb.AUTH, new String(bytes, from, to - from, StandardCharsets.ISO_8859_1), Reply.UNKNOWN);
  }

  /** Reads a line that holds neither CR nor LF. */
  static CommandLine parse(byte[] bytes, int from, int to) {
    int bits = 0;
    int end = to;
    while (end > from && (bytes[end - 1] == ' ' || bytes[end - 1] == '\t')) {
      end--;
    }
    for (int i = from; i < end; i++) {
      byte b = bytes[i];
      if ((b >= 0 && b < ' ') || b == 0x7f) {
        return malformed(Reply.BAD_CHARACTER);
      }
      bits |= b;
    }
    int verbEnd = from;
    while (verbEnd < end && bytes[verbEnd] != ' ') {
      verbEnd++;
    }
    String verb =
        new String(bytes, from, verbEnd - from, StandardCharsets.ISO_8859_1)
            .toUpperCase(Locale.ROOT);
    int argument = verbEnd;
    while (argument < end && bytes[argument] == ' ') {
      argument++;
    }
    if (bits >= 0) {
      String text = new String(bytes, argument, end - argument, StandardCharsets.ISO_8859_1);
      return new CommandLine(Verb.of(verb), text, Reply.UNKNOWN);
    }
    try {
      String text =
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(bytes, argument, end - argument))
              .toString();
      return new CommandLine(Verb.of(verb), text, Reply.UNKNOWN);
    } catch (CharacterCodingException e) {
      return malformed(Reply.BAD_CHARACTER);
    }
  }
}
