package io.mailraft.ops.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.testkit.Action;
import io.mailraft.testkit.Ports;
import io.mailraft.testkit.Script;
import io.mailraft.testkit.SmtpSink;
import io.mailraft.testkit.Stage;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Lets a sink play the relay, so that what is accepted has arrived. */
class LoadClientTest {
  private static final Duration BOUND = Duration.ofSeconds(30);
  private static final int MESSAGES = 200;

  private final Ledger ledger = new Ledger();

  private SmtpSink sink(Script script) throws Exception {
    return SmtpSink.start(SmtpSink.Options.of(ledger::arrived).withScript(script));
  }

  private int run(Map<String, InetSocketAddress> targets, Duration messageTimeMax)
      throws Exception {
    try (LoadClient load =
        LoadClient.start(
            LoadClient.Options.of(targets, 6, MESSAGES, 42).withMessageTimeMax(messageTimeMax),
            ledger)) {
      return load.await(BOUND);
    }
  }

  private static Map<String, InetSocketAddress> only(SmtpSink sink) {
    return Map.of("n1", SmtpSink.loopback(sink.port()));
  }

  @Test
  void hands_in_every_message_once() throws Exception {
    try (SmtpSink sink = sink(Script.OBEDIENT)) {
      assertThat(run(only(sink), BOUND)).isZero();
    }
    Verdict verdict = ledger.verdict();
    assertThat(verdict.clean()).as("%s", verdict).isTrue();
    assertThat(verdict.acceptedMessages()).isEqualTo(MESSAGES);
    assertThat(verdict.delivered()).isEqualTo(verdict.acceptedDeliveries());
    assertThat(verdict.doubled()).isZero();
  }

  @Test
  void hands_in_again_what_is_refused_for_now() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    Script script =
        moment ->
            moment.stage() == Stage.MAIL && asked.incrementAndGet() % 3 == 0
                ? Action.reply("451 4.3.0 Not now")
                : Action.PROCEED;
    try (SmtpSink sink = sink(script)) {
      assertThat(run(only(sink), BOUND)).isZero();
    }
    Verdict verdict = ledger.verdict();
    assertThat(verdict.clean()).as("%s", verdict).isTrue();
    assertThat(verdict.acceptedMessages()).isEqualTo(MESSAGES);
    assertThat(verdict.doubled()).isZero();
  }

  @Test
  void counts_a_submission_whose_answer_was_lost_as_in_doubt() throws Exception {
    AtomicInteger dots = new AtomicInteger();
    Script script =
        moment ->
            moment.stage() == Stage.DOT && dots.incrementAndGet() % 10 == 0
                ? Action.TAKE_THEN_CLOSE
                : Action.PROCEED;
    try (SmtpSink sink = sink(script)) {
      assertThat(run(only(sink), BOUND)).isZero();
    }
    Verdict verdict = ledger.verdict();
    assertThat(verdict.clean()).as("%s", verdict).isTrue();
    assertThat(verdict.acceptedMessages()).isEqualTo(MESSAGES);
    assertThat(verdict.doubled()).isPositive();
  }

  @Test
  void goes_to_another_node_when_one_is_gone() throws Exception {
    InetSocketAddress gone = SmtpSink.loopback(Ports.free(1).getFirst());
    try (SmtpSink sink = sink(Script.OBEDIENT)) {
      assertThat(run(Map.of("n1", gone, "n2", SmtpSink.loopback(sink.port())), BOUND)).isZero();
    }
    assertThat(ledger.verdict().acceptedByNode()).containsOnly(Map.entry("n2", MESSAGES));
  }

  @Test
  void gives_up_what_is_refused_for_good() throws Exception {
    try (SmtpSink sink = sink(Script.at(Stage.DOT, Action.reply("554 5.6.0 Never")))) {
      assertThat(run(only(sink), BOUND)).isEqualTo(MESSAGES);
    }
    Verdict verdict = ledger.verdict();
    assertThat(verdict.clean()).isTrue();
    assertThat(verdict.acceptedMessages()).isZero();
    assertThat(verdict.undecided()).isZero();
  }

  @Test
  void a_relay_that_says_yes_and_takes_nothing_is_caught() throws Exception {
    // The reply is given by a server whose mail goes nowhere.
    try (SmtpSink hole = SmtpSink.start(SmtpSink.Options.of(received -> {}))) {
      assertThat(run(only(hole), BOUND)).isZero();
    }
    assertThat(ledger.verdict().lost()).isPositive();
  }

  @Test
  void a_relay_that_refuses_and_takes_all_the_same_is_caught() throws Exception {
    Ledger silent = new Ledger();
    Mail mail = Mail.of(1, 1, 100, 1);
    silent.planned(mail);
    try (SmtpSink sink = SmtpSink.start(SmtpSink.Options.of(silent::arrived));
        SmtpSession session = SmtpSession.open(SmtpSink.loopback(sink.port()), BOUND)) {
      assertThat(session.submit(mail)).isInstanceOf(SmtpSession.Submitted.Accepted.class);
    }
    assertThat(silent.verdict().unexpected()).isEqualTo(1);
  }
}
