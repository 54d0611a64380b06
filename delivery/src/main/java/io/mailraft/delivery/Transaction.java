package io.mailraft.delivery;

import io.mailraft.config.DeliveryConfig;
import io.netty.handler.codec.smtp.DefaultSmtpRequest;
import io.netty.handler.codec.smtp.LastSmtpContent;
import io.netty.handler.codec.smtp.SmtpCommand;
import io.netty.handler.codec.smtp.SmtpRequest;
import io.netty.handler.codec.smtp.SmtpRequests;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One message on its way to some of its recipients over one connection: MAIL to the reply to the
 * final dot.
 *
 * <pre>
 *   ENVELOPE (MAIL, RCPT.., DATA)
 *     -354, some recipient accepted-> CONTENT -dot written-> DOT -reply-> end
 *     -354, none accepted-> EMPTY_DOT -reply-> end
 *     -refused-> RESET -250-> end
 * </pre>
 *
 * With PIPELINING the envelope leaves in one flight (RFC 2920 3.1); so DATA can be answered 354
 * although no recipient was accepted, and then a lone dot ends the transaction. A host that takes
 * only so many recipients at a time gets the others in the transactions that follow. The lease is
 * asked before the final dot is written (I5), and the outcome is reported before anything else
 * happens with its reply (I6).
 */
final class Transaction implements Phase, Outflow.Owner {
  private static final Reply LAPSED =
      Reply.of(451, "4.3.0", "The lease ended before the message was handed over");
  private static final Reply UNREADABLE = Reply.of(451, "4.3.0", "The content cannot be read");
  private static final Reply STOPPED = Reply.of(451, "4.3.2", "This node is stopping");

  private enum State {
    ENVELOPE,
    CONTENT,
    DOT,
    EMPTY_DOT,
    RESET,
    OVER
  }

  private final Berth berth;
  private final SmtpConnection connection;
  private final DeliveryConfig config;
  private final Owner owner;
  private final Shipping shipping;
  private final List<Held> recipients;
  private final List<Held> accepted;
  private final MessageFacts facts;
  private final BodyFeed feed;
  private final Outflow content;
  private final boolean reused;
  private State state = State.ENVELOPE;
  private Optional<Reply> mailRefusal = Optional.empty();
  private int commandsWritten;
  private int repliesRead;
  private final List<Held> later = new ArrayList<>(0);
  private boolean took;

  /** What a transaction tells of its connection's site. Called on the event loop. */
  interface Owner {

    /** A MAIL command was answered; whether the host takes the message, or why not. */
    void proven(Berth berth, Optional<Reply> refusal);

    /** The host has left something unanswered. */
    void hung(Berth berth, Reply reason);

    /**
     * The host has refused recipients.
     *
     * @param content whether it had seen the content
     */
    void refused(Berth berth, List<Held> whom, Reply reply, boolean content);

    /** A claim is to be tried anew, before others: nothing was decided about it. */
    void startOver(Berth berth, Held held);

    /** The connection is clean, and the host took the message or not. */
    void proceed(Berth berth, boolean took);
  }

  /** What all transactions of an engine share. */
  record Shipping(Bodies bodies, Lease lease, Endings endings, ReceivedHeader received) {}

  Transaction(Berth berth, Owner owner, Shipping shipping, List<Held> recipients, boolean reused) {
    this.berth = berth;
    this.connection = berth.connection();
    this.config = connection.config();
    this.owner = owner;
    this.shipping = shipping;
    this.recipients = recipients;
    this.accepted = new ArrayList<>(recipients.size());
    this.facts = recipients.getFirst().claim().message();
    this.reused = reused;
    long now = System.nanoTime();
    recipients.forEach(held -> held.begin(now));
    this.feed =
        new BodyFeed(
            shipping.bodies(), recipients.getFirst().claim(), () -> connection.execute(this::pump));
    this.content = new Outflow(connection, feed, this);
  }

  /** Why a host cannot take such a message at all; empty if it can. */
  static Optional<Reply> unfit(SmtpConnection connection, MessageFacts facts) {
    Capabilities offered = connection.capabilities();
    if (facts.smtpUtf8() && !offered.smtpUtf8()) {
      return Optional.of(
          Reply.of(553, "5.6.7", "Host " + connection.hop().host() + " has no SMTPUTF8"));
    }
    if (offered.sizeMax() > 0 && facts.bodyBytes() > offered.sizeMax()) {
      return Optional.of(
          Reply.of(
              552,
              "5.3.4",
              "Host " + connection.hop().host() + " takes " + offered.sizeMax() + " bytes"));
    }
    return Optional.empty();
  }

  /** Whether it is for this claim. */
  boolean isFor(String messageId, int seq) {
    return recipients.stream()
        .anyMatch(held -> held.claim().messageId().equals(messageId) && held.claim().seq() == seq);
  }

  /** What a claim is doing; empty if it has its outcome. Called on the event loop. */
  Optional<ClaimPhase> phase(String messageId, int seq) {
    return rest().stream()
        .filter(held -> held.claim().messageId().equals(messageId) && held.claim().seq() == seq)
        .findFirst()
        .map(
            held ->
                new ClaimPhase(
                    step(),
                    awaits(),
                    connection.hop().source(),
                    connection.hop().host(),
                    Observer.instant(connection.awaitsSinceNanos())));
  }

  private ClaimPhase.Step step() {
    return switch (state) {
      case ENVELOPE -> {
        if (repliesRead == 0) {
          yield ClaimPhase.Step.MAIL;
        }
        yield repliesRead <= recipients.size() ? ClaimPhase.Step.RCPT : ClaimPhase.Step.DATA;
      }
      case CONTENT -> ClaimPhase.Step.CONTENT;
      case DOT -> ClaimPhase.Step.FINAL_DOT;
      case EMPTY_DOT, RESET, OVER -> ClaimPhase.Step.BETWEEN;
    };
  }

  void start() {
    Capabilities offered = connection.capabilities();
    connection.enter(this);
    connection.watch().mail();
    feed.start();
    int burst = offered.pipelining() ? recipients.size() + 2 : 1;
    for (int i = 0; i < burst; i++) {
      connection.write(command(commandsWritten++));
    }
    connection.channel().flush();
    connection.deadline(config.commandTimeout());
  }

  private SmtpRequest command(int number) {
    if (number == 0) {
      Capabilities offered = connection.capabilities();
      List<CharSequence> words = new ArrayList<>(4);
      words.add(ascii("FROM:<" + facts.sender() + ">"));
      if (offered.size()) {
        words.add("SIZE=" + facts.bodyBytes());
      }
      if (offered.eightBitMime() && facts.eightBit()) {
        words.add("BODY=8BITMIME");
      }
      if (facts.smtpUtf8()) {
        words.add("SMTPUTF8");
      }
      return new DefaultSmtpRequest(SmtpCommand.MAIL, words.toArray(new CharSequence[0]));
    }
    if (number <= recipients.size()) {
      String recipient = recipients.get(number - 1).claim().recipient();
      return new DefaultSmtpRequest(SmtpCommand.RCPT, ascii("TO:<" + recipient + ">"));
    }
    return SmtpRequests.data();
  }

  /** The encoder writes plain text as ASCII and loses the rest; bytes it writes as they are. */
  private CharSequence ascii(String text) {
    return facts.smtpUtf8() ? new AsciiString(text.getBytes(StandardCharsets.UTF_8), false) : text;
  }

  @Override
  public String awaits() {
    return switch (state) {
      case ENVELOPE -> {
        if (repliesRead == 0) {
          yield "reply to MAIL";
        }
        yield repliesRead <= recipients.size() ? "reply to RCPT" : "reply to DATA";
      }
      case CONTENT -> "room for content";
      case DOT, EMPTY_DOT -> "reply to the final dot";
      case RESET -> "reply to RSET";
      case OVER -> "nothing";
    };
  }

  @Override
  public void onReply(Reply reply) {
    switch (state) {
      case ENVELOPE -> {
        if (reply.closing()) {
          connection.lose(reply, false);
        } else {
          onEnvelope(reply);
        }
      }
      case CONTENT -> {
        // An early refusal: what is left of the content must not be read as commands, so the
        // connection ends.
        if (reply.code() < 400) {
          connection.protocolError("answered " + reply.code() + " before the final dot");
        } else {
          connection.lose(reply, false);
        }
      }
      case DOT -> onDot(reply);
      case EMPTY_DOT -> end(reply);
      case RESET -> {
        if (reply.positive()) {
          end(reply);
        } else {
          state = State.OVER;
          connection.leave();
        }
      }
      case OVER -> connection.protocolError("spoke out of turn");
    }
  }

  private void onEnvelope(Reply reply) {
    int number = repliesRead++;
    if (number == 0) {
      if (!reply.positive()) {
        mailRefusal = Optional.of(reply);
      }
      owner.proven(berth, mailRefusal);
    } else if (number <= recipients.size()) {
      if (mailRefusal.isEmpty()) {
        Held held = recipients.get(number - 1);
        if (reply.positive()) {
          accepted.add(held);
        } else if (!reply.tooManyRecipients()) {
          owner.refused(berth, List.of(held), reply, false);
        } else if (!accepted.isEmpty() && held.waitsForAnother()) {
          later.add(held);
        } else {
          owner.refused(berth, List.of(held), reply.temporary(), false);
        }
      }
    } else {
      onData(reply);
      return;
    }
    if (repliesRead < commandsWritten) {
      connection.deadline(
          repliesRead > recipients.size() ? config.dataStartTimeout() : config.commandTimeout());
    } else if (mailRefusal.isPresent()) {
      refuse(recipients, mailRefusal.get(), false);
      reset();
    } else if (repliesRead > recipients.size() && accepted.isEmpty()) {
      reset();
    } else {
      boolean data = commandsWritten > recipients.size();
      connection.send(
          command(commandsWritten++), data ? config.dataStartTimeout() : config.commandTimeout());
    }
  }

  private void onData(Reply reply) {
    putBack();
    if (reply.code() < 400 && reply.code() != 354) {
      connection.protocolError("answered DATA with " + reply.code());
      return;
    }
    mailRefusal.ifPresent(refusal -> refuse(recipients, refusal, false));
    if (reply.code() == 354) {
      if (accepted.isEmpty()) {
        state = State.EMPTY_DOT;
        connection.write(LastSmtpContent.EMPTY_LAST_CONTENT);
        connection.channel().flush();
        connection.deadline(config.dataEndTimeout());
      } else {
        state = State.CONTENT;
        connection.watch().content();
        pump();
      }
    } else {
      refuse(accepted, reply, false);
      reset();
    }
  }

  private void onDot(Reply reply) {
    if (reply.positive()) {
      took = true;
      for (Held held : accepted) {
        shipping.endings().delivered(held, reply, connection.hop());
      }
    } else {
      Reply said =
          reply.code() < 400
              ? Reply.of(451, "4.5.0", "The final dot was answered with " + reply.text())
              : reply;
      refuse(accepted, said, true);
    }
    if (reply.closing()) {
      state = State.OVER;
      connection.leave();
    } else {
      end(reply);
    }
  }

  private void pump() {
    if (state == State.CONTENT && !connection.over()) {
      content.pump();
    }
  }

  @Override
  public byte[] header() {
    return shipping.received().of(accepted);
  }

  @Override
  public void dot() {
    state = State.DOT;
    connection.watch().dot();
    connection.deadline(config.dataEndTimeout());
  }

  @Override
  public void lapsed() {
    abandon(LAPSED);
  }

  @Override
  public void unreadable() {
    abandon(UNREADABLE);
  }

  @Override
  public boolean leased() {
    return accepted.stream().allMatch(held -> shipping.lease().alive(held.claim().epoch()));
  }

  @Override
  public void onWritable() {
    pump();
  }

  /** The connection is clean: on to the next message. */
  private void end(Reply last) {
    feed.cancel();
    connection.watch().over();
    state = State.OVER;
    if (last.closing()) {
      connection.leave();
    } else {
      owner.proceed(berth, took);
    }
  }

  /**
   * Recipients beyond those that the host takes at a time go before all that waits, so that the
   * next transaction takes them.
   */
  private void putBack() {
    later.reversed().forEach(held -> owner.startOver(berth, held));
    later.clear();
  }

  private void reset() {
    putBack();
    feed.cancel();
    state = State.RESET;
    connection.send(SmtpRequests.rset(), config.commandTimeout());
  }

  private void refuse(List<Held> whom, Reply reply, boolean content) {
    if (!whom.isEmpty()) {
      owner.refused(berth, whom, reply, content);
    }
  }

  /** Whoever has no outcome. */
  private List<Held> rest() {
    return switch (state) {
      case ENVELOPE -> {
        if (mailRefusal.isPresent() || repliesRead == 0) {
          yield recipients;
        }
        List<Held> rest = new ArrayList<>(accepted);
        rest.addAll(
            recipients.subList(Math.min(repliesRead - 1, recipients.size()), recipients.size()));
        yield rest;
      }
      case CONTENT, DOT -> accepted;
      case EMPTY_DOT, RESET, OVER -> List.of();
    };
  }

  /** Ends the attempt at our own wish: no dot, no outcome but the way back to the queue. */
  private void abandon(Reply reason) {
    putBack();
    List<Held> rest = rest();
    state = State.OVER;
    feed.cancel();
    for (Held held : rest) {
      shipping.endings().returned(held, reason);
    }
    connection.lose(reason, false);
  }

  /** Ends the attempt since the node's time to stop is over. */
  void stop() {
    if (state == State.DOT) {
      connection.lose(STOPPED, false);
    } else {
      abandon(STOPPED);
    }
  }

  @Override
  public void onLost(Reply reason, boolean silent) {
    putBack();
    feed.cancel();
    List<Held> rest = rest();
    State was = state;
    state = State.OVER;
    if (silent && content.awaitsBody() && was == State.CONTENT) {
      rest.forEach(held -> shipping.endings().returned(held, UNREADABLE));
      return;
    }
    if (silent) {
      owner.hung(berth, reason);
    }
    boolean stale = was == State.ENVELOPE && reused && repliesRead == 0 && !silent;
    if (was == State.ENVELOPE && !stale && repliesRead == 0 && reason.closing()) {
      owner.proven(berth, Optional.of(reason));
    }
    for (Held held : rest) {
      if (stale && held.startOver()) {
        owner.startOver(berth, held);
      } else if (was == State.DOT) {
        shipping
            .endings()
            .refused(
                held,
                Reply.of(
                    451, "4.4.2", "In doubt, the final dot was not answered: " + reason.text()),
                connection.hop());
      } else if (mailRefusal.isPresent() || reason.closing()) {
        // The host's own words.
        owner.refused(berth, List.of(held), mailRefusal.orElse(reason), was != State.ENVELOPE);
      } else {
        shipping.endings().refused(held, reason, connection.hop());
      }
    }
  }
}
