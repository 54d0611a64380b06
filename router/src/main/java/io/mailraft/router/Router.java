package io.mailraft.router;

import io.mailraft.config.ZoneConfig;
import io.mailraft.router.Refusal.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Gives each recipient of a message its sending zone. The same zones, message and recipient always
 * give the same answer.
 *
 * <p>The rules are asked in the order of {@link Rule}, and the first that names a zone that can be
 * used decides. A suspended zone is passed over as if its section named no mail at all, so that a
 * less specific entry of the same rule may decide. {@link #DEFAULT_ZONE} takes what is left,
 * suspended or not: mail must be somewhere, and there it waits.
 */
public final class Router {
  /** Name of the zone that takes whatever no rule gives to another. */
  public static final String DEFAULT_ZONE = "default";

  private static final int SHOWN_CHARS_MAX = 63;

  private final Set<String> zones;
  private final Set<String> suspended;
  private final HeaderTable headers = new HeaderTable();
  private final DomainTable senderDomains = new DomainTable();
  private final DomainTable recipientDomains = new DomainTable();
  private final NetworkTable originAddresses = new NetworkTable();

  /**
   * Makes the table of the zones. Of two with an equal routing key, the first keeps it; documents
   * with such are refused before they come here.
   *
   * @param zones by name, in the order of the document; holds {@link #DEFAULT_ZONE}
   * @param suspended names of the zones that take no mail
   * @throws IllegalArgumentException if there is no default zone
   */
  public Router(Map<String, ZoneConfig> zones, Set<String> suspended) {
    if (!zones.containsKey(DEFAULT_ZONE)) {
      throw new IllegalArgumentException("the zones hold no '" + DEFAULT_ZONE + "'");
    }
    this.zones = Set.copyOf(zones.keySet());
    this.suspended = Set.copyOf(suspended);
    zones.forEach(
        (name, zone) -> {
          headers.add(name, zone.routing().headers());
          senderDomains.add(name, zone.routing().senderDomains());
          recipientDomains.add(name, zone.routing().recipientDomains());
          originAddresses.add(name, zone.routing().originAddresses());
        });
  }

  /** Names of the zones, sorted. */
  public Set<String> zones() {
    return new TreeSet<>(zones);
  }

  /**
   * Begins to route a message: asks the rules that hold for all its recipients.
   *
   * @return gives each recipient its zone
   */
  public Routing route(Submission submission) {
    List<Refusal> refused = new ArrayList<>();
    Optional<Decision> decided = forAllRecipients(submission, refused);
    if (decided.isPresent()) {
      Decision same = decided.get();
      return domain -> same;
    }
    return new ByRecipient(submission, refused);
  }

  private Optional<Decision> forAllRecipients(Submission submission, List<Refusal> refused) {
    Optional<String> named = sendingZone(submission, refused);
    if (named.isPresent()) {
      return Optional.of(new Decision(named.get(), Rule.SENDING_ZONE, "", refused));
    }
    return headers
        .find(submission.headers(), usable(Rule.ROUTING_HEADERS, refused))
        .map(match -> decision(match, Rule.ROUTING_HEADERS, refused))
        .or(
            () ->
                submission
                    .senderDomain()
                    .flatMap(
                        domain -> senderDomains.find(domain, usable(Rule.SENDER_DOMAINS, refused)))
                    .map(match -> decision(match, Rule.SENDER_DOMAINS, refused)));
  }

  private Optional<String> sendingZone(Submission submission, List<Refusal> refused) {
    Optional<String> value = submission.headers().sendingZone();
    if (value.isEmpty()) {
      return Optional.empty();
    }
    String name = value.get().strip().toLowerCase(Locale.ROOT);
    if (!submission.trusted()) {
      refused.add(new Refusal(shown(value.get()), Rule.SENDING_ZONE, Reason.NOT_TRUSTED));
    } else if (!zones.contains(name)) {
      refused.add(new Refusal(shown(value.get()), Rule.SENDING_ZONE, Reason.UNKNOWN));
    } else if (usable(Rule.SENDING_ZONE, refused).test(name)) {
      return Optional.of(name);
    }
    return Optional.empty();
  }

  /** Whether a zone can be used; notes it where it cannot. */
  private Predicate<String> usable(Rule rule, List<Refusal> refused) {
    return zone -> {
      if (!suspended.contains(zone)) {
        return true;
      }
      Refusal refusal = new Refusal(zone, rule, Reason.SUSPENDED);
      if (!refused.contains(refusal)) {
        refused.add(refusal);
      }
      return false;
    };
  }

  private static Decision decision(Match match, Rule rule, List<Refusal> refused) {
    return new Decision(match.zone(), rule, match.text(), refused);
  }

  /** What a stranger wrote, in a form that is safe in a log and on a terminal. */
  private static String shown(String text) {
    StringBuilder safe = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      if (i == SHOWN_CHARS_MAX) {
        return safe.append("...").toString();
      }
      char c = text.charAt(i);
      safe.append(Character.isISOControl(c) || Character.isSurrogate(c) ? '?' : c);
    }
    return safe.toString();
  }

  /** The rules that are left where none decided for the message as a whole. */
  private final class ByRecipient implements Routing {
    private final Submission submission;
    private final List<Refusal> refused;
    private Optional<Decision> otherwise = Optional.empty();

    ByRecipient(Submission submission, List<Refusal> refused) {
      this.submission = submission;
      this.refused = refused;
    }

    @Override
    public Decision decide(String domain) {
      List<Refusal> own = new ArrayList<>();
      Optional<Match> match = recipientDomains.find(domain, usable(Rule.RECIPIENT_DOMAINS, own));
      if (match.isPresent()) {
        return decision(match.get(), Rule.RECIPIENT_DOMAINS, joined(refused, own));
      }
      Decision last = otherwise();
      if (own.isEmpty()) {
        return last;
      }
      List<Refusal> before = joined(refused, own);
      List<Refusal> after = last.refused().subList(refused.size(), last.refused().size());
      return new Decision(last.zone(), last.rule(), last.match(), joined(before, after));
    }

    /** The decision for a recipient whose domain says nothing; the same for all of them. */
    private Decision otherwise() {
      if (otherwise.isEmpty()) {
        List<Refusal> all = new ArrayList<>(refused);
        Decision made =
            submission
                .origin()
                .flatMap(
                    address -> originAddresses.find(address, usable(Rule.ORIGIN_ADDRESSES, all)))
                .map(match -> decision(match, Rule.ORIGIN_ADDRESSES, all))
                .orElseGet(() -> new Decision(DEFAULT_ZONE, Rule.DEFAULT, "", all));
        otherwise = Optional.of(made);
      }
      return otherwise.get();
    }
  }

  private static List<Refusal> joined(List<Refusal> before, List<Refusal> after) {
    if (after.isEmpty()) {
      return before;
    }
    List<Refusal> joined = new ArrayList<>(before);
    joined.addAll(after);
    return joined;
  }
}
