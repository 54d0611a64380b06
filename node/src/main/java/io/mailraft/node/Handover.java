package io.mailraft.node;

import com.google.protobuf.ByteString;
import io.mailraft.api.log.Envelope;
import io.mailraft.api.log.Others;
import io.mailraft.api.log.OutcomeKind;
import io.mailraft.api.stored.StoredDelivery;
import io.mailraft.delivery.Attempt;
import io.mailraft.delivery.Bodies;
import io.mailraft.delivery.Claim;
import io.mailraft.delivery.Greylisting;
import io.mailraft.delivery.MessageFacts;
import io.mailraft.delivery.Outcome;
import io.mailraft.delivery.Outcomes;
import io.mailraft.node.log.MessageLog;
import io.mailraft.queue.ClaimedDelivery;
import io.mailraft.queue.Content;
import io.mailraft.queue.MessageId;
import io.mailraft.queue.Queue;
import io.mailraft.queue.QueueException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The words of the queue in the words of delivery, and back: each module states what it needs, and
 * they meet here.
 */
final class Handover implements Bodies, Outcomes {
  private final Queue queue;

  Handover(Queue queue) {
    this.queue = queue;
  }

  /** Claims as delivery takes them; those of one message share its facts. */
  static List<Claim> claims(List<ClaimedDelivery> claimed) {
    Map<MessageId, MessageFacts> facts = new HashMap<>();
    List<Claim> claims = new ArrayList<>(claimed.size());
    for (ClaimedDelivery delivery : claimed) {
      claims.add(
          new Claim(
              delivery.id().toString(),
              delivery.seq(),
              delivery.epoch(),
              delivery.delivery().getZone(),
              delivery.delivery().getDomain(),
              delivery.delivery().getAddress(),
              facts.computeIfAbsent(delivery.id(), id -> facts(delivery)),
              delivery.delivery().getAttempts(),
              greylistedFrom(delivery.delivery()),
              others(delivery.others())));
    }
    return claims;
  }

  private static Claim.Others others(Others others) {
    return switch (others) {
      case NO_OTHERS, UNRECOGNIZED -> Claim.Others.NONE;
      case OTHERS_LEFT -> Claim.Others.LEFT;
      case ALL_OTHERS -> Claim.Others.ALL;
    };
  }

  /** Where the receiver expects the next attempt from. */
  private static Optional<String> greylistedFrom(StoredDelivery row) {
    return row.getSource().isEmpty() || !Greylisting.says(row.getReply())
        ? Optional.empty()
        : Optional.of(row.getSource());
  }

  private static MessageFacts facts(ClaimedDelivery delivery) {
    Envelope envelope = delivery.message().getEnvelope();
    return new MessageFacts(
        envelope.getSender(),
        delivery.message().getBodyBytes(),
        envelope.getEightBit(),
        envelope.getSmtpUtf8(),
        envelope.getHelo(),
        envelope.getOrigin(),
        envelope.getOriginHost(),
        envelope.getProtocol(),
        envelope.getUser(),
        envelope.getTls(),
        System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(delivery.ageMillis()));
  }

  @Override
  public Body open(String messageId) throws IOException {
    Content content;
    try {
      content = queue.open(MessageId.parse(messageId));
    } catch (QueueException e) {
      throw new IOException(e.getMessage(), e);
    }
    return new Body() {
      @Override
      public byte[] next() throws IOException {
        try {
          return content.next();
        } catch (QueueException e) {
          throw new IOException(e.getMessage(), e);
        }
      }

      @Override
      public void close() {
        // Chunks are read one by one; nothing stays open in between.
      }
    };
  }

  @Override
  public void report(Outcome outcome, Duration took) {
    report(outcome);
    MessageLog.attempted(outcome, took);
  }

  @Override
  public void report(Outcome outcome) {
    Claim claim = outcome.claim();
    io.mailraft.api.log.Outcome.Builder report =
        io.mailraft.api.log.Outcome.newBuilder()
            .setId(idOf(claim))
            .setSeq(claim.seq())
            .setReply(outcome.reply());
    switch (outcome) {
      case Outcome.Delivered(Claim _, String _, String source, String host, var _) ->
          report.setKind(OutcomeKind.DELIVERED).setSource(source).setHost(host);
      case Outcome.Deferred(Claim _, String _, String source, String host, Duration delay, var _) ->
          report
              .setKind(OutcomeKind.DEFERRED)
              .setSource(source)
              .setHost(host)
              .setDelayMillis(delay.toMillis());
      case Outcome.Bounced(Claim _, String _, String source, String host, var _) ->
          report.setKind(OutcomeKind.BOUNCED).setSource(source).setHost(host);
      case Outcome.Expired(Claim _, String _, String source, String host, var _) ->
          report.setKind(OutcomeKind.EXPIRED).setSource(source).setHost(host);
      case Outcome.Returned(Claim _, String _, Outcome.Onward onward) -> {
        report.setKind(OutcomeKind.RETURNED);
        switch (onward) {
          case Outcome.ToAny() -> {
            // Nothing is to be said of it.
          }
          case Outcome.ToSource(String source) -> report.setSource(source);
          case Outcome.ToOthers() -> report.setUnfit(true);
        }
      }
    }
    outcome.attempt().ifPresent(attempt -> report.setAttempt(attempt(attempt)));
    queue.report(claim.epoch(), report.build());
  }

  private static io.mailraft.api.log.Attempt attempt(Attempt attempt) {
    return io.mailraft.api.log.Attempt.newBuilder()
        .setTlsVersion(attempt.tlsVersion())
        .setTlsCipher(attempt.tlsCipher())
        .setReused(attempt.reused())
        .setConnectMillis(attempt.connectMillis())
        .setGreetingMillis(attempt.greetingMillis())
        .setTlsMillis(attempt.tlsMillis())
        .setEnvelopeMillis(attempt.envelopeMillis())
        .setContentMillis(attempt.contentMillis())
        .setReplyMillis(attempt.replyMillis())
        .build();
  }

  private static ByteString idOf(Claim claim) {
    return MessageId.parse(claim.messageId()).toByteString();
  }
}
