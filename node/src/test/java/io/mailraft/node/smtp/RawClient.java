package io.mailraft.node.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/** A client that sends exactly the bytes it is told to, and reads replies strictly. */
final class RawClient implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 20_000;

  final Socket socket;
  private final InputStream in;

  RawClient(InetSocketAddress address) throws IOException {
    this(new Socket(address.getAddress(), address.getPort()));
  }

  private RawClient(Socket connected) throws IOException {
    socket = connected;
    socket.setSoTimeout(TIMEOUT_MILLIS);
    socket.setTcpNoDelay(true);
    in = new BufferedInputStream(socket.getInputStream());
  }

  /** Begins TLS at once, with whatever certificate there is, and speaks on under it. */
  RawClient underTls(String... protocols) throws IOException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new Everyone()}, null);
      SSLSocket secured =
          (SSLSocket)
              context.getSocketFactory().createSocket(socket, "127.0.0.1", socket.getPort(), true);
      if (protocols.length > 0) {
        secured.setEnabledProtocols(protocols);
      }
      secured.startHandshake();
      return new RawClient(secured);
    } catch (GeneralSecurityException e) {
      throw new IOException("no TLS", e);
    }
  }

  /** Asks for TLS, and speaks on under it. */
  RawClient startTls() throws IOException {
    ask("STARTTLS", "220 2.0.0 ");
    return underTls();
  }

  /** Sees no danger in any certificate. */
  private static final class Everyone extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  void send(String text) throws IOException {
    send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  void sendUtf8(String text) throws IOException {
    send(text.getBytes(StandardCharsets.UTF_8));
  }

  void send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
  }

  /** The next line without its CRLF. */
  String line() throws IOException {
    StringBuilder line = new StringBuilder();
    while (true) {
      int b = in.read();
      if (b < 0) {
        throw new IOException("closed inside '" + line + "'");
      }
      if (b == '\r') {
        assertThat(in.read()).isEqualTo('\n');
        return line.toString();
      }
      assertThat(b).isNotEqualTo('\n');
      line.append((char) b);
    }
  }

  /** All lines of the next reply. */
  List<String> multiline() throws IOException {
    List<String> lines = new ArrayList<>();
    String line;
    do {
      line = line();
      lines.add(line);
    } while (line.length() > 3 && line.charAt(3) == '-');
    return lines;
  }

  /** Reads a reply of one line and checks how it begins. */
  String expect(String start) throws IOException {
    String line = line();
    assertThat(line).startsWith(start);
    return line;
  }

  /** Sends a command line and checks how its reply begins. */
  String ask(String command, String start) throws IOException {
    send(command + "\r\n");
    return expect(start);
  }

  void address() throws IOException {
    ask("MAIL FROM:<sender@example.com>", "250 2.1.0 ");
    ask("RCPT TO:<rcpt@example.net>", "250 2.1.5 ");
  }

  /** Sends content with its terminator, after DATA, and gives the answer. */
  String data(String content) throws IOException {
    ask("DATA", "354 ");
    send(content);
    return line();
  }

  /** Waits for input as long as the socket's timeout lets it, and says whether there is some. */
  boolean hasInput() throws IOException {
    in.mark(1);
    try {
      in.read();
    } catch (SocketTimeoutException e) {
      return false;
    }
    in.reset();
    return true;
  }

  /** Whether the listener has closed its side. Waits for input. */
  boolean atEnd() throws IOException {
    in.mark(1);
    int b = in.read();
    in.reset();
    return b < 0;
  }

  /** Checks that the session still runs commands in step. */
  void expectInStep() throws IOException {
    ask("NOOP", "250 2.0.0 Ok");
    ask("RSET", "250 2.0.0 Ok");
  }

  void expectClosed() throws IOException {
    int b;
    try {
      b = in.read();
    } catch (SocketException e) {
      b = -1; // Closed with input unread is closed too.
    }
    assertThat(b).isEqualTo(-1);
  }

  /** Breaks the connection, with whatever is under way. */
  void breakOff() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
