package io.mailraft.node.smtp;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A reading of what a whole session asks for, by string searches over all of its bytes at once: no
 * states, no blocks. Knows the commands that {@link FuzzTest} generates, and what may appear in
 * their place.
 */
final class ModelServer {
  /** Recipients of each message that must be stored. */
  final List<List<String>> recipients = new ArrayList<>();

  private static final int MAX_RECIPIENTS = new Settings().maxRecipients;

  private String rest = "";
  private boolean greeted;
  private boolean mail;
  private boolean chunking;
  private StringBuilder chunks = new StringBuilder();
  private Set<String> accepted = new LinkedHashSet<>();
  private int bad;
  private int excused;

  void run(String session) {
    rest = session;
    while (true) {
      int end = rest.indexOf("\r\n");
      if (end < 0 || bad >= Conversation.BAD_COMMANDS_MAX) {
        return;
      }
      String line = rest.substring(0, end);
      rest = rest.substring(end + 2);
      if (!command(line)) {
        return;
      }
    }
  }

  /** Runs one line; false where the session is over. */
  private boolean command(String line) {
    if (line.chars().anyMatch(c -> c < ' ' || c == 0x7f)) {
      bad++;
      return true;
    }
    String upper = line.strip().toUpperCase(Locale.ROOT);
    String[] words = upper.split(" +", 2);
    String argument = words.length > 1 ? words[1] : "";
    if (argument.chars().anyMatch(c -> c >= 0x80)) {
      bad++; // Never valid UTF-8 in what is generated.
      return true;
    }
    switch (line.startsWith(" ") ? "" : words[0]) {
      case "EHLO", "HELO" -> {
        if (argument.equals("CLIENT.EXAMPLE")) {
          greeted = true;
          excused = 0;
          reset();
        } else {
          bad++;
        }
      }
      case "MAIL" -> mail(argument);
      case "RCPT" -> recipient(argument);
      case "DATA" -> {
        return data(argument);
      }
      case "BDAT" -> {
        return chunk(argument);
      }
      case "RSET" -> {
        if (argument.isEmpty()) {
          excused = 0;
          reset();
        } else {
          bad++;
        }
      }
      case "NOOP" -> {}
      case "VRFY" -> bad += argument.isEmpty() ? 1 : 0;
      case "QUIT" -> {
        bad += argument.isEmpty() ? 0 : 1;
        return !argument.isEmpty();
      }
      default -> bad++;
    }
    return true;
  }

  private void mail(String argument) {
    excused = MAX_RECIPIENTS + 1;
    if (!greeted || mail) {
      bad++;
    } else if (argument.matches(
        "FROM:<[AE]@(EXAMPLE.COM|EVIL.EXAMPLE)>( BODY=8BITMIME SMTPUTF8)?")) {
      mail = true;
      excused = 0;
    } else if (!argument.equals("FROM:<> SIZE=99999999999")) {
      bad++;
    }
  }

  private void recipient(String argument) {
    if (!mail) {
      withoutMail();
    } else if (chunking) {
      bad++;
    } else if (argument.matches("TO:<[BCV]@(EXAMPLE.NET|EVIL.EXAMPLE)>")) {
      accepted.add(argument.substring(4, argument.length() - 1).toLowerCase(Locale.ROOT));
    } else if (!argument.startsWith("TO:")) {
      bad++;
    }
  }

  private void withoutMail() {
    if (excused > 0) {
      excused--;
    } else {
      bad++;
    }
  }

  private boolean data(String argument) {
    if (argument.isEmpty() && !mail) {
      withoutMail();
      return true;
    }
    if (!argument.isEmpty() || chunking || accepted.isEmpty()) {
      if (argument.isEmpty() && chunking) {
        reset();
      }
      bad++;
      return true;
    }
    String content = "\r\n" + rest; // The CRLF of the command counts.
    int end = content.indexOf("\r\n.\r\n");
    if (end < 0) {
      return false;
    }
    rest = content.substring(end + 5);
    finish(content.substring(2, Math.max(2, end)) + "\r\n");
    return true;
  }

  private boolean chunk(String argument) {
    if (!argument.matches("\\d{1,18}( +LAST)?")) {
      return false;
    }
    boolean last = argument.endsWith("LAST");
    int size = Integer.parseInt(argument.replace("LAST", "").strip());
    if (size > rest.length()) {
      return false;
    }
    String chunk = rest.substring(0, size);
    rest = rest.substring(size);
    if (!mail) {
      withoutMail();
      return true;
    }
    if (accepted.isEmpty()) {
      bad++;
      return true;
    }
    chunking = true;
    chunks.append(chunk);
    String whole = chunks.toString();
    boolean openEnd = whole.endsWith("\r") && !last;
    if (!clean(openEnd ? whole.substring(0, whole.length() - 1) : whole)) {
      bad = 0;
      reset();
    } else if (last) {
      finish(whole);
    }
    return true;
  }

  private void finish(String content) {
    if (clean(content)) {
      recipients.add(List.copyOf(accepted));
    }
    bad = 0;
    reset();
  }

  private static boolean clean(String content) {
    String text = content.replace("\r\n", "");
    return text.indexOf('\r') < 0 && text.indexOf('\n') < 0 && text.indexOf('\0') < 0;
  }

  private void reset() {
    mail = false;
    chunking = false;
    chunks = new StringBuilder();
    accepted = new LinkedHashSet<>();
  }
}
