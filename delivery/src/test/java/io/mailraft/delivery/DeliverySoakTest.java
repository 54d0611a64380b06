package io.mailraft.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.testkit.Action;
import io.mailraft.testkit.Moment;
import io.mailraft.testkit.Script;
import io.mailraft.testkit.SmtpSink;
import io.mailraft.testkit.Stage;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Hundreds of claims to a sink that misbehaves at random, and the check that each claim has exactly
 * one outcome, and that it is delivered if and only if the sink said 250 to its message.
 */
class DeliverySoakTest {
  private static final int MESSAGES = 150;
  private static final int ROUNDS = 4;
  private static final int SITES = 40;
  private static final int TRICKLED_MILLIS = 400;

  @Test
  void each_claim_has_one_outcome_and_is_delivered_iff_the_sink_said_so() throws Exception {
    long first = Long.getLong("mailraft.seed", new Random().nextLong());
    for (int i = 0; i < ROUNDS; i++) {
      long seed = first + i;
      System.out.println("seed " + seed);
      Run run = Run.of(seed);
      assertThat(violations(run.claims, run.outcomes, run.answered)).as("seed %s", seed).isEmpty();
    }
  }

  @Test
  void the_check_catches_planted_faults() throws Exception {
    Run run = Run.of(42);
    Outcome.Delivered delivered =
        run.outcomes.stream()
            .filter(Outcome.Delivered.class::isInstance)
            .map(Outcome.Delivered.class::cast)
            .findFirst()
            .orElseThrow();
    List<Outcome> lost = new ArrayList<>(run.outcomes);
    lost.remove(delivered);
    assertThat(violations(run.claims, lost, run.answered))
        .singleElement()
        .asString()
        .contains("no outcome");
    List<Outcome> twice = new ArrayList<>(run.outcomes);
    twice.add(new Outcome.Returned(delivered.claim(), "again"));
    assertThat(violations(run.claims, twice, run.answered))
        .singleElement()
        .asString()
        .contains("second outcome");
    List<Outcome> lied = new ArrayList<>(lost);
    lied.add(new Outcome.Bounced(delivered.claim(), "550 no", "", "", Optional.empty()));
    assertThat(violations(run.claims, lied, run.answered))
        .singleElement()
        .asString()
        .contains("not reported");
    Set<String> unheard = new HashSet<>(run.answered);
    unheard.remove(key(delivered.claim()));
    assertThat(violations(run.claims, run.outcomes, unheard))
        .singleElement()
        .asString()
        .contains("without 250");
  }

  private static List<String> violations(
      List<Claim> claims, List<Outcome> outcomes, Set<String> answered) {
    List<String> found = new ArrayList<>();
    Map<String, Outcome> byClaim = new HashMap<>();
    for (Outcome outcome : outcomes) {
      if (byClaim.putIfAbsent(key(outcome.claim()), outcome) != null) {
        found.add("second outcome: " + outcome);
      }
    }
    for (Claim claim : claims) {
      String key = key(claim);
      Outcome outcome = byClaim.get(key);
      if (outcome == null) {
        found.add("no outcome: " + key);
      } else if (outcome instanceof Outcome.Delivered && !answered.contains(key)) {
        found.add("delivered without 250: " + key);
      } else if (!(outcome instanceof Outcome.Delivered)
          && answered.contains(key)
          && !inDoubt(outcome)) {
        found.add("250 not reported: " + key + " " + outcome);
      }
    }
    return found;
  }

  /** The 250 came later than this side waited for it. */
  private static boolean inDoubt(Outcome outcome) {
    return outcome instanceof Outcome.Deferred
        && outcome.reply().matches("451 4\\.4\\.2 In doubt.*(timed out|is stopping).*");
  }

  private static String key(Claim claim) {
    return claim.recipient();
  }

  /** One run: what was offered, what came of it, and to whom the sink said 250. */
  private record Run(List<Claim> claims, List<Outcome> outcomes, Set<String> answered) {

    static Run of(long seed) throws Exception {
      Random random = new Random(seed);
      AtomicLong scriptSeed = new AtomicLong(random.nextLong());
      Set<String> answered = ConcurrentHashMap.newKeySet();
      Map<Long, Boolean> lastDot = new ConcurrentHashMap<>();
      Script script =
          moment -> {
            Action action = misbehave(new Random(scriptSeed.incrementAndGet() * 31), moment);
            if (moment.stage() == Stage.DOT) {
              lastDot.put(moment.connection(), says250(action));
            }
            return action;
          };
      SmtpSink.Options options =
          SmtpSink.Options.of(
                  received -> {
                    if (lastDot.getOrDefault(received.connection(), false)) {
                      answered.addAll(received.recipients());
                    }
                  })
              .withListen(new InetSocketAddress(InetAddress.ofLiteral("0.0.0.0"), 0))
              .withScript(script);
      List<Claim> claims = new ArrayList<>();
      List<Outcome> outcomes;
      try (SmtpSink sink = SmtpSink.start(options);
          Rig rig =
              new Rig.Setup(Rig.zone(Optional.empty(), sink.port(), 8))
                  .messagesMax(7)
                  .recipientsMax(4)
                  .timeout(Duration.ofMillis(TRICKLED_MILLIS))
                  .start()) {
        for (int i = 0; i < MESSAGES; i++) {
          String[] recipients = new String[1 + random.nextInt(6)];
          for (int j = 0; j < recipients.length; j++) {
            recipients[j] = "m" + i + "r" + j + "@[127.0.0." + (1 + (i * 7 + j / 2) % SITES) + "]";
          }
          List<Claim> message = rig.message(recipients);
          claims.addAll(message);
          rig.engine.offer(message);
        }
        outcomes = new ArrayList<>(rig.await(claims.size() / 2));
        if (random.nextBoolean()) {
          rig.engine.stop(Duration.ofMillis(random.nextInt(300))).join();
        }
        outcomes.addAll(rig.await(claims.size() - claims.size() / 2));
      }
      System.out.println(
          outcomes.stream()
              .collect(
                  Collectors.groupingBy(
                      outcome -> outcome.getClass().getSimpleName(), Collectors.counting())));
      return new Run(claims, outcomes, answered);
    }

    private static boolean says250(Action action) {
      return action instanceof Action.Proceed;
    }

    private static Action misbehave(Random random, Moment moment) {
      if (random.nextInt(100) >= (moment.stage() == Stage.CONNECT ? 3 : 6)) {
        return Action.PROCEED;
      }
      return switch (random.nextInt(moment.stage() == Stage.CONTENT ? 2 : 8)) {
        case 0 -> Action.CLOSE;
        case 1 -> Action.HANG;
        case 2 -> Action.reply("450 4.0.0 Later");
        case 3 -> Action.reply("550 5.0.0 Never");
        case 4 -> Action.replyThenClose("421 4.3.2 Closing");
        case 5 -> Action.ENDLESS_REPLY;
        case 6 -> Action.overlongReply(250, 5000);
        default -> moment.stage() == Stage.DOT ? Action.TAKE_THEN_CLOSE : Action.reply("nonsense");
      };
    }
  }
}
