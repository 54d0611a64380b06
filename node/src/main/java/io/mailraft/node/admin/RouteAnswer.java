package io.mailraft.node.admin;

import io.mailraft.api.admin.RecipientRoute;
import io.mailraft.api.admin.RefusedZone;
import io.mailraft.api.admin.RouteRequest;
import io.mailraft.api.admin.RouteResponse;
import io.mailraft.config.Cidr;
import io.mailraft.config.SmtpConfig;
import io.mailraft.node.message.HeaderFacts;
import io.mailraft.node.message.HeaderSection;
import io.mailraft.router.Addresses;
import io.mailraft.router.Decision;
import io.mailraft.router.Router;
import io.mailraft.router.Routing;
import io.mailraft.router.Submission;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Says where a message would go if it came in now. It takes the way of a real one: the header
 * section is read by the front door's reader, and routed by the front door's router.
 */
final class RouteAnswer {
  private static final int RECIPIENTS_MAX = 1000;
  private static final int SHOWN_CHARS_MAX = 60;
  private static final Pattern HEADER = Pattern.compile("[!-9;-~]+[ \\t]*:[^\\r\\n\\x00]*");

  private final List<SmtpConfig> listeners;
  private final Router router;
  private final Predicate<String> trusts;

  /**
   * @param trusts whether an account may choose the zone of its messages
   */
  RouteAnswer(List<SmtpConfig> listeners, Router router, Predicate<String> trusts) {
    this.listeners = listeners;
    this.router = router;
    this.trusts = trusts;
  }

  /**
   * The zones of the recipients, in their order.
   *
   * @throws IllegalArgumentException if the request does not describe a message; the text says why
   */
  RouteResponse answer(RouteRequest request) {
    int recipients = request.getRecipientsCount();
    if (recipients == 0 || recipients > RECIPIENTS_MAX) {
      throw new IllegalArgumentException(
          recipients + " recipients; expected 1 to " + RECIPIENTS_MAX);
    }
    SmtpConfig listener = listener(request.getListener());
    boolean trusted = listener.trustRouting() || trusts.test(request.getUser());
    Routing routing =
        router.route(
            new Submission(
                headers(request.getHeadersList(), listener),
                sender(request.getSender()),
                origin(request.getOrigin()),
                trusted));
    RouteResponse.Builder response =
        RouteResponse.newBuilder().setListener(listener.name()).setTrusted(trusted);
    for (String recipient : request.getRecipientsList()) {
      response.addRoutes(route(recipient, routing.decide(domain(recipient))));
    }
    return response.build();
  }

  private static RecipientRoute route(String recipient, Decision decision) {
    RecipientRoute.Builder route =
        RecipientRoute.newBuilder()
            .setRecipient(recipient)
            .setZone(decision.zone())
            .setRule(decision.rule().key())
            .setMatch(decision.match());
    decision
        .refused()
        .forEach(
            refusal ->
                route.addRefused(
                    RefusedZone.newBuilder()
                        .setZone(refusal.zone())
                        .setRule(refusal.rule().key())
                        .setReason(refusal.reason().text())));
    return route.build();
  }

  private SmtpConfig listener(String name) {
    if (name.isEmpty()) {
      return listeners.getFirst();
    }
    return listeners.stream()
        .filter(listener -> listener.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    quoted(name)
                        + " is no SMTP listener of this node; it has "
                        + listeners.stream()
                            .map(SmtpConfig::name)
                            .collect(Collectors.joining(", "))));
  }

  private static HeaderFacts headers(List<String> fields, SmtpConfig listener) {
    HeaderSection section = new HeaderSection(listener.maxHeaderBytes());
    for (String field : fields) {
      if (!HEADER.matcher(field).matches()) {
        throw new IllegalArgumentException(
            quoted(field) + " is not a header, like \"Name: value\"");
      }
      byte[] line = (field + "\r\n").getBytes(StandardCharsets.UTF_8);
      section.accept(line, 0, line.length);
    }
    if (section.tooLarge()) {
      throw new IllegalArgumentException(
          "the headers are larger than the "
              + listener.maxHeaderBytes()
              + " bytes that the listener takes");
    }
    // The time and the domain are for fields that are added and thrown away here.
    return section.seal(listener.hostname(), Instant.EPOCH);
  }

  private static String sender(String address) {
    if (!address.isEmpty() && address.indexOf('@') < 1) {
      throw new IllegalArgumentException(
          quoted(address) + " is not a sender's address, like user@example.com");
    }
    return address;
  }

  private static String domain(String recipient) {
    return Addresses.domainOf(recipient)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    quoted(recipient) + " is not a recipient's address, like user@example.com"));
  }

  private static Optional<InetAddress> origin(String address) {
    if (address.isEmpty()) {
      return Optional.empty();
    }
    try {
      if (address.indexOf('/') < 0) {
        return Optional.of(Cidr.parse(address).network());
      }
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(originRefusal(address), e);
    }
    throw new IllegalArgumentException(originRefusal(address));
  }

  private static String originRefusal(String address) {
    return quoted(address) + " is not a client's address, like 192.0.2.1 or 2001:db8::1";
  }

  private static String quoted(String text) {
    return "'"
        + (text.length() > SHOWN_CHARS_MAX ? text.substring(0, SHOWN_CHARS_MAX) + "..." : text)
        + "'";
  }
}
