package io.mailraft.delivery;

import io.mailraft.config.DeliveryConfig;
import io.netty.handler.codec.smtp.DefaultSmtpRequest;
import io.netty.handler.codec.smtp.SmtpRequests;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.time.Duration;
import java.util.Optional;

/**
 * The start of a connection: greeting, EHLO, and STARTTLS where it is offered.
 *
 * <pre>
 *   GREETING -220-> EHLO -250-> ready, or STARTTLS -220-> HANDSHAKE -> EHLO -250-> ready
 *                   EHLO -5yz-> HELO -250-> ready          STARTTLS -other-> ready, in clear
 * </pre>
 */
final class Hello implements Phase {
  private static final Duration HANDSHAKE_TIMEOUT_MAX = Duration.ofSeconds(60);

  /** What comes of it; exactly one of these is called, once. */
  interface Listener {

    /** The host takes mail. */
    void ready();

    /** The host says that it does not take mail; the connection is over. */
    void refused(Reply reply);

    /** The host does not take mail, in our own words; the connection is over. */
    void unusable(Reply reply);

    /** The host offers TLS and cannot do it; the connection is over. */
    void tlsBroken(Reply reply);
  }

  private enum Step {
    GREETING,
    EHLO,
    HELO,
    STARTTLS,
    HANDSHAKE
  }

  private final SmtpConnection connection;
  private final DeliveryConfig config;
  private final String helo;
  private final Optional<SslContext> tls;
  private final Listener listener;
  private Step step = Step.GREETING;
  private boolean secure;
  private boolean told;

  /**
   * Starts waiting for the greeting.
   *
   * @param tls what to answer an offer of STARTTLS with; empty to go on in clear
   */
  Hello(SmtpConnection connection, String helo, Optional<SslContext> tls, Listener listener) {
    this.connection = connection;
    this.config = connection.config();
    this.helo = helo;
    this.tls = tls;
    this.listener = listener;
  }

  void start() {
    connection.enter(this);
    connection.deadline(config.greetingTimeout());
  }

  @Override
  public String awaits() {
    return switch (step) {
      case GREETING -> "greeting";
      case EHLO -> "reply to EHLO";
      case HELO -> "reply to HELO";
      case STARTTLS -> "reply to STARTTLS";
      case HANDSHAKE -> "TLS handshake";
    };
  }

  @Override
  public void onReply(Reply reply) {
    switch (step) {
      case GREETING -> {
        if (reply.positive()) {
          ehlo();
        } else {
          refuse(reply);
        }
      }
      case EHLO -> onEhlo(reply);
      case HELO -> {
        if (reply.positive()) {
          ready();
        } else {
          refuse(reply);
        }
      }
      case STARTTLS -> onStartTls(reply);
      case HANDSHAKE -> connection.protocolError("spoke in clear after STARTTLS");
    }
  }

  private void ehlo() {
    step = Step.EHLO;
    connection.send(SmtpRequests.ehlo(helo), config.commandTimeout());
  }

  private void onEhlo(Reply reply) {
    if (reply.positive()) {
      Capabilities offered = Capabilities.of(reply);
      connection.capabilities(offered);
      if (offered.startTls() && tls.isPresent() && !secure) {
        step = Step.STARTTLS;
        connection.send(new DefaultSmtpRequest("STARTTLS"), config.commandTimeout());
      } else {
        ready();
      }
    } else if (reply.permanent()
        && !secure
        && !BlocklistReply.says(reply, connection.hop().source())) {
      step = Step.HELO;
      connection.send(SmtpRequests.helo(helo), config.commandTimeout());
    } else {
      refuse(reply);
    }
  }

  private void onStartTls(Reply reply) {
    if (reply.closing()) {
      refuse(reply);
    } else if (!reply.positive()) {
      ready();
    } else if (!connection.drained()) {
      // Whatever follows in clear could have been slipped in by anybody.
      connection.protocolError("spoke in clear after STARTTLS");
    } else {
      step = Step.HANDSHAKE;
      SslHandler handler =
          tls.orElseThrow()
              .newHandler(
                  connection.channel().alloc(),
                  connection.hostName(),
                  connection.remote().getPort());
      // The connection's own deadline holds for the handshake, too.
      handler.setHandshakeTimeoutMillis(0);
      connection.deadline(
          config.commandTimeout().compareTo(HANDSHAKE_TIMEOUT_MAX) < 0
              ? config.commandTimeout()
              : HANDSHAKE_TIMEOUT_MAX);
      connection.secure(handler);
    }
  }

  @Override
  public void onTls(boolean successful, String detail) {
    if (step != Step.HANDSHAKE) {
      return;
    }
    if (successful) {
      secure = true;
      ehlo();
    } else {
      connection.protocolError("TLS handshake: " + detail);
    }
  }

  private void ready() {
    told = true;
    listener.ready();
  }

  private void refuse(Reply reply) {
    told = true;
    connection.leave();
    listener.refused(reply);
  }

  @Override
  public void onLost(Reply reason, boolean silent) {
    if (told) {
      return;
    }
    told = true;
    if (step == Step.STARTTLS || step == Step.HANDSHAKE) {
      listener.tlsBroken(reason);
    } else {
      listener.unusable(reason);
    }
  }
}
