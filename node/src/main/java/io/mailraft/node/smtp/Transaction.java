package io.mailraft.node.smtp;

import io.mailraft.api.log.Recipient;
import io.mailraft.node.access.Guidance;
import io.mailraft.node.message.SmtpPath;
import io.mailraft.router.Decision;
import io.mailraft.router.Refusal;
import io.mailraft.router.Routing;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A mail transaction: from MAIL until its content is accepted or refused, or it is given up. */
final class Transaction implements AutoCloseable {

  /** Where one delivery goes. */
  private record Destination(String address, String domain) {}

  private final String sender;
  private final boolean eightBit;
  private final boolean smtpUtf8;
  private final Guidance guidance;
  private final Map<String, Destination> destinations = new LinkedHashMap<>();
  private int acceptedRecipients;
  private Optional<Intake> intake = Optional.empty();

  Transaction(String sender, boolean eightBit, boolean smtpUtf8, Guidance guidance) {
    this.sender = sender;
    this.eightBit = eightBit;
    this.smtpUtf8 = smtpUtf8;
    this.guidance = guidance;
  }

  /**
   * Takes a recipient. One that is there already is the same delivery (domains compare without
   * case).
   */
  void add(SmtpPath path, String domain) {
    acceptedRecipients++;
    destinations.putIfAbsent(
        path.localPart() + '@' + domain, new Destination(path.address(), domain));
  }

  /** Number of RCPT commands that were accepted. */
  int acceptedRecipients() {
    return acceptedRecipients;
  }

  /**
   * The deliveries of the message, numbered from 1, each with its zone.
   *
   * @param refused where zones that were named and passed over are added
   */
  List<Recipient> recipients(Routing routing, Set<Refusal> refused) {
    List<Recipient> recipients = new ArrayList<>(destinations.size());
    for (Destination destination : destinations.values()) {
      Decision decision = routing.decide(destination.domain());
      refused.addAll(decision.refused());
      recipients.add(
          Recipient.newBuilder()
              .setSeq(recipients.size() + 1)
              .setAddress(destination.address())
              .setDomain(destination.domain())
              .setZone(decision.zone())
              .build());
    }
    return recipients;
  }

  /** Starts the content. */
  Intake open(Conversation conversation, boolean dotted) {
    Intake opened = new Intake(conversation, this, dotted);
    intake = Optional.of(opened);
    return opened;
  }

  /** The content, where it has started. */
  Optional<Intake> intake() {
    return intake;
  }

  /**
   * Time until which the whole content must be in; empty where it has not started. See {@link
   * System#nanoTime}.
   */
  Optional<Long> contentDeadlineNanoTime() {
    return intake.map(Intake::deadlineNanoTime);
  }

  /** Reverse path without brackets; empty for the null sender. */
  String sender() {
    return sender;
  }

  /** What the user's own application wants done with it. */
  Guidance guidance() {
    return guidance;
  }

  /** Whether BODY=8BITMIME was declared. */
  boolean eightBit() {
    return eightBit;
  }

  /** Whether SMTPUTF8 was declared. */
  boolean smtpUtf8() {
    return smtpUtf8;
  }

  @Override
  public void close() {
    intake.ifPresent(Intake::close);
  }
}
