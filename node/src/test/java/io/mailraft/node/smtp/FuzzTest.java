package io.mailraft.node.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Random sessions from a seeded generator. Each is sent in random pieces without waiting for
 * replies, and then closed by the client. Whatever comes back must be well-formed, the session must
 * end, and what was stored must be what the bytes ask for by a reading of the RFCs that shares no
 * code with the listener.
 */
class FuzzTest {
  private static final int SESSIONS = 1_500;
  private static final Pattern REPLY =
      Pattern.compile(
          "220 mx\\.example ESMTP Mailraft"
              + "|250[- ](mx\\.example|PIPELINING|SIZE 1073741824|8BITMIME|SMTPUTF8"
              + "|ENHANCEDSTATUSCODES|CHUNKING)"
              + "|354 End data with <CR><LF>\\.<CR><LF>"
              + "|([245])\\d\\d \\2\\.\\d{1,3}\\.\\d{1,3} [ -~]+");
  private static final String[] COMMANDS = {
    "EHLO client.example",
    "HELO client.example",
    "MAIL FROM:<a@example.com>",
    "MAIL FROM:<> SIZE=99999999999",
    "MAIL FROM:<a@example.com> BODY=8BITMIME SMTPUTF8",
    "RCPT TO:<b@example.net>",
    "RCPT TO:<b@example.net>",
    "RCPT TO:<c@example.net>",
    "RCPT TO:<x>",
    "DATA",
    "DATA",
    "RSET",
    "NOOP",
    "VRFY x",
    "BAD",
    "STARTTLS",
    ""
  };
  private static final String[] CONTENT = {
    "Subject: x\r\n",
    "Bcc: y@example.net\r\n",
    "\r\n",
    "text\r\n",
    "..\r\n",
    "MAIL FROM:<e@evil.example>\r\n",
    "RCPT TO:<v@evil.example>\r\n",
    "DATA\r\n",
    ".\r\n",
    "\r\n.\r\n",
    "QUIT\r\n"
  };
  private static final String[] DIRT = {
    "\n.\n", "\n", "\r", "\r.\r\n", "\u0000", "\u00ff", "\n.\r\n", " "
  };

  @Test
  void randomSessionsStoreNothingThatWasNotAskedForAndAlwaysEnd() throws IOException {
    try (Listener listener = new Listener()) {
      int stored = 0;
      for (long seed = 0; seed < SESSIONS; seed++) {
        byte[] bytes = session(new Random(seed)).getBytes(StandardCharsets.ISO_8859_1);
        List<String> replies = run(listener, bytes, new Random(~seed));
        long open = seed;
        Listener.await(() -> listener.events.openSessions.get() == 0);
        assertThat(replies).as("seed %d", open).allMatch(REPLY.asMatchPredicate());
        List<MemoryUploads.Stored> all = listener.uploads.stored;
        List<String> recipients = new ArrayList<>();
        for (MemoryUploads.Stored message : all.subList(stored, all.size())) {
          message.recipients().forEach(r -> recipients.add(r.getAddress()));
        }
        long accepted = replies.stream().filter(r -> r.contains("Message queued as ")).count();
        ModelServer model = new ModelServer();
        model.run(new String(bytes, StandardCharsets.ISO_8859_1));
        assertThat(all.size() - stored).as("seed %d", seed).isEqualTo(model.recipients.size());
        assertThat(accepted).as("seed %d", seed).isEqualTo(model.recipients.size());
        assertThat(recipients)
            .as("seed %d", seed)
            .isEqualTo(model.recipients.stream().flatMap(List::stream).toList());
        assertThat(listener.uploads.open).as("seed %d", seed).hasValue(0);
        stored = all.size();
      }
      assertThat(stored).as("messages of all sessions").isGreaterThan(SESSIONS / 10);
    }
  }

  private static String session(Random random) {
    StringBuilder text = new StringBuilder();
    if (random.nextInt(5) > 0) {
      text.append(
          "EHLO client.example\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\n");
    }
    int steps = 1 + random.nextInt(14);
    boolean dirty = random.nextInt(3) == 0;
    for (int i = 0; i < steps; i++) {
      switch (random.nextInt(6)) {
        case 0, 1, 2 -> text.append(pick(random, COMMANDS)).append("\r\n");
        case 3 -> {
          text.append("DATA\r\n");
          appendContent(text, random);
          text.append(random.nextInt(3) > 0 ? "\r\n.\r\n" : "");
        }
        case 4 -> {
          StringBuilder chunk = new StringBuilder();
          appendContent(chunk, random);
          text.append("BDAT ").append(chunk.length() + (random.nextInt(12) == 0 ? 3 : 0));
          text.append(random.nextBoolean() ? " LAST\r\n" : "\r\n").append(chunk);
        }
        default -> text.append(dirty ? pick(random, DIRT) : "");
      }
    }
    return text.toString();
  }

  private static void appendContent(StringBuilder text, Random random) {
    int lines = random.nextInt(6);
    for (int i = 0; i < lines; i++) {
      text.append(pick(random, CONTENT));
      if (random.nextInt(25) == 0) {
        text.append(pick(random, DIRT));
      }
    }
  }

  private static String pick(Random random, String[] from) {
    return from[random.nextInt(from.length)];
  }

  private static List<String> run(Listener listener, byte[] bytes, Random random)
      throws IOException {
    List<String> replies = new ArrayList<>();
    try (RawClient client = new RawClient(listener.door.address())) {
      try {
        int position = 0;
        while (position < bytes.length) {
          int count = Math.min(bytes.length - position, 1 + random.nextInt(60));
          client.send(Arrays.copyOfRange(bytes, position, position + count));
          position += count;
        }
        client.socket.shutdownOutput();
      } catch (SocketException e) {
        // The listener has ended the session already; its replies are still there.
      }
      while (client.hasInput() && !client.atEnd()) {
        replies.add(client.line());
      }
    }
    return replies;
  }
}
