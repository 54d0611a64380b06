package io.mailraft.ops.chaos;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An SMTP session of our own for load and faults. Offers commands one by one too, so that tests can
 * hold a session open at any stage. One thread at a time.
 */
public final class SmtpSession implements AutoCloseable {
  private static final int REPLY_LINES_MAX = 100;
  private static final int REPLY_LINE_BYTES_MAX = 2048;

  /**
   * A reply, its lines joined by LF.
   *
   * @param code reply code (RFC 5321 4.2)
   * @param text everything after the code, of all lines
   */
  public record Reply(int code, String text) {
    /** Whether the server says yes. */
    public boolean positive() {
      return code >= 200 && code < 400;
    }

    /** Whether a later try may succeed. */
    public boolean temporary() {
      return code >= 400 && code < 500;
    }
  }

  /** How a submission ended. */
  public sealed interface Submitted {
    /** The 250 after the final dot was read. */
    record Accepted(Reply reply) implements Submitted {}

    /** A refusal; after the dot the server may have stored the message all the same. */
    record Refused(Reply reply, boolean afterDot) implements Submitted {}

    /** The connection broke; after the dot nobody knows whether the message is stored. */
    record Broken(IOException cause, boolean afterDot) implements Submitted {}
  }

  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;
  private boolean lineBegins;

  private SmtpSession(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new BufferedInputStream(socket.getInputStream());
    this.out = new BufferedOutputStream(socket.getOutputStream(), 64 * 1024);
  }

  /**
   * Connects, reads the banner and says EHLO.
   *
   * @param replyTimeout longest silence of the server before the session counts as broken
   * @throws IOException if there is no session; a refusal counts as that
   */
  public static SmtpSession open(InetSocketAddress address, Duration replyTimeout)
      throws IOException {
    Socket socket = new Socket();
    try {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(Math.toIntExact(replyTimeout.toMillis()));
      socket.connect(address, Math.toIntExact(replyTimeout.toMillis()));
      SmtpSession session = new SmtpSession(socket);
      session.demand(session.reply());
      session.demand(session.command("EHLO load.example"));
      return session;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  private void demand(Reply reply) throws IOException {
    if (!reply.positive()) {
      throw new IOException("refused with " + reply.code() + " " + reply.text());
    }
  }

  /** Says one command and returns the reply. */
  public Reply command(String line) throws IOException {
    say(line);
    out.flush();
    return reply();
  }

  /** Hands in a message: the envelope in one go (PIPELINING), then the content. */
  public Submitted submit(Mail mail) {
    boolean afterDot = false;
    try {
      Submitted refused = envelope(mail.mailFrom(), mail.recipients());
      if (refused != null) {
        return refused;
      }
      content(mail.content());
      // From here on some of the dot may have left this machine.
      afterDot = true;
      say(".");
      out.flush();
      Reply reply = reply();
      return reply.code() == 250
          ? new Submitted.Accepted(reply)
          : new Submitted.Refused(reply, true);
    } catch (IOException e) {
      return new Submitted.Broken(e, afterDot);
    }
  }

  private Submitted.@Nullable Refused envelope(String mailFrom, List<String> recipients)
      throws IOException {
    say("MAIL FROM:<" + mailFrom + ">");
    for (String recipient : recipients) {
      say("RCPT TO:<" + recipient + ">");
    }
    say("DATA");
    out.flush();
    Reply refusal = null;
    for (int i = 0; i < recipients.size() + 1; i++) {
      Reply reply = reply();
      if (!reply.positive() && refusal == null) {
        refusal = reply;
      }
    }
    Reply data = reply();
    if (data.code() != 354) {
      command("RSET");
      return new Submitted.Refused(refusal == null ? data : refusal, false);
    }
    if (refusal != null) {
      // Some recipients were taken, but all are wanted: the only way out of DATA is to go away.
      throw new IOException("a recipient was refused with " + refusal.code());
    }
    return null;
  }

  /** Writes content with its dots stuffed, without the final dot. Does not flush. */
  public void content(byte[] content) throws IOException {
    lineBegins = true;
    rest(content);
  }

  /** Writes more of the content that was begun; it may go on in the middle of a line. */
  public void rest(byte[] content) throws IOException {
    int from = 0;
    for (int i = 0; i < content.length; i++) {
      if (lineBegins && content[i] == '.') {
        out.write(content, from, i - from);
        out.write('.');
        from = i;
      }
      lineBegins = content[i] == '\n';
    }
    out.write(content, from, content.length - from);
  }

  /** Writes bytes as they are; does not flush. */
  public void raw(byte[] bytes) throws IOException {
    out.write(bytes);
  }

  /** Writes a line; does not flush. */
  public void say(String line) throws IOException {
    out.write((line + "\r\n").getBytes(StandardCharsets.UTF_8));
  }

  /** Sends what was written. */
  public void flush() throws IOException {
    out.flush();
  }

  /** Reads one reply of one or more lines. */
  public Reply reply() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int lines = 0; lines < REPLY_LINES_MAX; lines++) {
      String line = line();
      if (line.length() < 3 || !line.substring(0, 3).matches("[2-5][0-9]{2}")) {
        throw new IOException("not a reply: " + line);
      }
      text.append(lines == 0 ? "" : "\n").append(line.length() > 4 ? line.substring(4) : "");
      if (line.length() == 3 || line.charAt(3) == ' ') {
        return new Reply(Integer.parseInt(line.substring(0, 3)), text.toString());
      }
    }
    throw new IOException("a reply of more than " + REPLY_LINES_MAX + " lines");
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    int b = in.read();
    while (b >= 0 && b != '\n') {
      if (line.length() == REPLY_LINE_BYTES_MAX) {
        throw new IOException("a reply line of more than " + REPLY_LINE_BYTES_MAX + " bytes");
      }
      line.append((char) b);
      b = in.read();
    }
    if (b < 0) {
      throw new IOException("the server closed the connection");
    }
    return line.toString().stripTrailing();
  }

  /** Says QUIT where the server still listens. */
  public void quit() throws IOException {
    command("QUIT");
  }

  /** Closes the connection without a word. */
  @Override
  public void close() throws IOException {
    socket.close();
  }
}
