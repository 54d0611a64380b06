package io.mailraft.testkit;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** One SMTP session of a sink, from the banner to the end of the connection. */
final class SinkSession {
  private static final int ENDLESS_FLUSH_LINES = 64;

  private final SmtpSink sink;
  private final Wire wire;
  private final InetSocketAddress peer;
  private final long connection;
  private String helo = "";
  private String mailFrom = "";
  private String mailParameters = "";
  private final List<String> recipients = new ArrayList<>();
  private boolean mailGiven;
  private final Runnable leaves;
  private boolean secure;
  private boolean refused;
  private int transaction;

  /**
   * @param leaves told when the client says QUIT: once it has its answer it may open another
   *     connection before this one's end is seen here
   */
  SinkSession(SmtpSink sink, Socket socket, long connection, Runnable leaves) throws IOException {
    this.sink = sink;
    this.leaves = leaves;
    this.wire = new Wire(socket);
    this.peer = (InetSocketAddress) socket.getRemoteSocketAddress();
    this.connection = connection;
  }

  void run() throws IOException, InterruptedException {
    Answer banner = perform(Stage.CONNECT, "", "220 sink.example ESMTP");
    refused = banner == Answer.REFUSED;
    boolean goesOn = banner != Answer.ENDED;
    while (goesOn) {
      goesOn = command(wire.line());
    }
    wire.flush();
    wire.close();
  }

  private boolean command(String line) throws IOException, InterruptedException {
    int space = line.indexOf(' ');
    String verb = (space < 0 ? line : line.substring(0, space)).toUpperCase(Locale.ROOT);
    String rest = space < 0 ? "" : line.substring(space + 1);
    if (refused && !verb.equals("QUIT")) {
      wire.reply("503 5.5.1 Not welcome");
      return true;
    }
    return switch (verb) {
      case "EHLO" -> hello(Stage.EHLO, rest, extensions());
      case "HELO" -> hello(Stage.HELO, rest, "250 sink.example");
      case "STARTTLS" -> startTls();
      case "MAIL" -> mail(rest);
      case "RCPT" -> recipient(rest);
      case "DATA" -> data();
      case "RSET" -> {
        reset();
        yield perform(Stage.RSET, "", "250 2.0.0 Reset") != Answer.ENDED;
      }
      case "NOOP" -> say("250 2.0.0 Fine");
      case "QUIT" -> {
        Action farewell = sink.options().script().at(moment(Stage.QUIT, ""));
        leaves.run();
        perform(farewell, "221 2.0.0 Bye");
        yield false;
      }
      default -> say("500 5.5.2 Unknown command");
    };
  }

  private boolean say(String reply) {
    wire.reply(reply);
    return true;
  }

  private String extensions() {
    String tls = sink.options().tls().isPresent() && !secure ? "250-STARTTLS\n" : "";
    return "250-sink.example\n250-PIPELINING\n250-8BITMIME\n250-SMTPUTF8\n"
        + tls
        + "250-ENHANCEDSTATUSCODES\n250 SIZE 0";
  }

  private boolean hello(Stage stage, String name, String reply)
      throws IOException, InterruptedException {
    Answer answer = perform(stage, name, reply);
    if (answer == Answer.ACCEPTED) {
      helo = name;
      reset();
    }
    return answer != Answer.ENDED;
  }

  private boolean startTls() throws IOException, InterruptedException {
    if (sink.options().tls().isEmpty() || secure) {
      return say("502 5.5.1 STARTTLS is not offered");
    }
    Answer answer = perform(Stage.STARTTLS, "", "220 2.0.0 Go ahead");
    if (answer == Answer.ACCEPTED) {
      wire.secure(sink.options().tls().orElseThrow());
      secure = true;
      helo = "";
      reset();
    }
    return answer != Answer.ENDED;
  }

  private boolean mail(String rest) throws IOException, InterruptedException {
    if (mailGiven) {
      return say("503 5.5.1 A transaction is open already");
    }
    int end = rest.indexOf('>');
    if (!rest.regionMatches(true, 0, "FROM:<", 0, 6) || end < 0) {
      return say("501 5.5.4 Syntax: MAIL FROM:<address>");
    }
    transaction++;
    String path = rest.substring(6, end);
    Answer answer = perform(Stage.MAIL, path, "250 2.1.0 Ok");
    if (answer == Answer.ACCEPTED) {
      mailGiven = true;
      mailFrom = path;
      mailParameters = rest.substring(end + 1).strip();
    }
    return answer != Answer.ENDED;
  }

  private boolean recipient(String rest) throws IOException, InterruptedException {
    if (!mailGiven) {
      return say("503 5.5.1 MAIL first");
    }
    int end = rest.lastIndexOf('>');
    if (!rest.regionMatches(true, 0, "TO:<", 0, 4) || end < 0) {
      return say("501 5.5.4 Syntax: RCPT TO:<address>");
    }
    String path = rest.substring(4, end);
    Answer answer = perform(Stage.RCPT, path, "250 2.1.5 Ok");
    if (answer == Answer.ACCEPTED) {
      recipients.add(path);
    }
    return answer != Answer.ENDED;
  }

  private boolean data() throws IOException, InterruptedException {
    String usual =
        recipients.isEmpty() ? "503 5.5.1 No valid recipients" : "354 End with CRLF.CRLF";
    Answer answer = perform(Stage.DATA, "", usual);
    if (answer != Answer.ACCEPTED) {
      return answer != Answer.ENDED;
    }
    wire.flush();
    if (perform(Stage.CONTENT, "", "") == Answer.ENDED) {
      return false;
    }
    Content content = new Content(sink.options().keep());
    wire.content(content);
    boolean goesOn = dot(content);
    reset();
    return goesOn;
  }

  private boolean dot(Content content) throws IOException, InterruptedException {
    if (recipients.isEmpty()) {
      return say("554 5.5.1 No valid recipients");
    }
    Action action = sink.options().script().at(moment(Stage.DOT, mailFrom));
    boolean takes =
        switch (action) {
          case Action.Proceed proceed -> true;
          case Action.TakeThenClose take -> true;
          case Action.Reply reply -> accepts(reply.text());
          case Action.Trickle trickle -> accepts(trickle.text());
          case Action.ReplyThenClose reply -> accepts(reply.text());
          case Action.Hang hang -> false;
          case Action.Close close -> false;
          case Action.EndlessReply endless -> false;
        };
    if (takes) {
      sink.taken(
          new SmtpSink.Received(
              helo,
              mailFrom,
              mailParameters,
              List.copyOf(recipients),
              content.kept(),
              content.bytes(),
              content.sha256(),
              peer,
              connection,
              secure));
    }
    return perform(action, "250 2.0.0 Taken") != Answer.ENDED;
  }

  private void reset() {
    mailGiven = false;
    mailFrom = "";
    mailParameters = "";
    recipients.clear();
  }

  private Moment moment(Stage stage, String argument) {
    return new Moment(stage, argument, connection, sink.openConnections(), transaction, secure);
  }

  private Answer perform(Stage stage, String argument, String usualReply)
      throws IOException, InterruptedException {
    return perform(sink.options().script().at(moment(stage, argument)), usualReply);
  }

  private Answer perform(Action action, String usualReply)
      throws IOException, InterruptedException {
    return switch (action) {
      case Action.Proceed proceed -> {
        if (usualReply.isEmpty()) {
          yield Answer.ACCEPTED;
        }
        wire.reply(usualReply);
        yield answer(usualReply);
      }
      case Action.Reply reply -> {
        wire.reply(reply.text());
        yield answer(reply.text());
      }
      case Action.ReplyThenClose reply -> {
        wire.reply(reply.text());
        wire.flush();
        yield Answer.ENDED;
      }
      case Action.Trickle trickle -> {
        wire.flush();
        for (byte b : (trickle.text() + "\r\n").getBytes(StandardCharsets.UTF_8)) {
          wire.push(b);
          if (sink.closed().await(trickle.pause().toNanos(), TimeUnit.NANOSECONDS)) {
            yield Answer.ENDED;
          }
        }
        yield answer(trickle.text());
      }
      case Action.Hang hang -> {
        wire.flush();
        wire.drain();
        yield Answer.ENDED;
      }
      case Action.EndlessReply endless -> {
        while (sink.closed().getCount() > 0) {
          for (int i = 0; i < ENDLESS_FLUSH_LINES; i++) {
            wire.reply("250-and so on");
          }
          wire.flush();
        }
        yield Answer.ENDED;
      }
      case Action.Close close -> {
        wire.flush();
        yield Answer.ENDED;
      }
      case Action.TakeThenClose take -> {
        wire.flush();
        yield Answer.ENDED;
      }
    };
  }

  private static Answer answer(String reply) {
    return accepts(reply) ? Answer.ACCEPTED : Answer.REFUSED;
  }

  private static boolean accepts(String reply) {
    return reply.startsWith("2") || reply.startsWith("3");
  }

  private enum Answer {
    ACCEPTED,
    REFUSED,
    ENDED
  }
}
