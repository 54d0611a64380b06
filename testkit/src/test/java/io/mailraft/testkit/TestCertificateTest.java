package io.mailraft.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;

class TestCertificateTest {

  @Test
  void is_presented_and_trusted_by_nobody() throws Exception {
    SSLContext context = TestCertificate.selfSigned("sink.example");
    try (var threads = Executors.newVirtualThreadPerTaskExecutor();
        SSLServerSocket server =
            (SSLServerSocket)
                context
                    .getServerSocketFactory()
                    .createServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      Future<?> serving =
          threads.submit(
              () -> {
                try (SSLSocket accepted = (SSLSocket) server.accept()) {
                  accepted.startHandshake();
                }
                return true;
              });
      try (SSLSocket client =
          (SSLSocket)
              SSLContext.getDefault()
                  .getSocketFactory()
                  .createSocket("127.0.0.1", server.getLocalPort())) {
        assertThatThrownBy(client::startHandshake)
            .isInstanceOf(SSLHandshakeException.class)
            .hasMessageContaining("PKIX");
      }
      assertThat(serving).failsWithin(Duration.ofSeconds(20));
    }
  }
}
