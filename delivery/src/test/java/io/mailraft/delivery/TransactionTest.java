package io.mailraft.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.testkit.Action;
import io.mailraft.testkit.Moment;
import io.mailraft.testkit.Script;
import io.mailraft.testkit.SmtpSink;
import io.mailraft.testkit.SmtpSink.Received;
import io.mailraft.testkit.Stage;
import io.mailraft.testkit.TestCertificate;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TransactionTest {
  private static final String PLAIN = "250-sink\n250-8BITMIME\n250 SIZE 0";
  private final List<Received> received = new CopyOnWriteArrayList<>();
  private final List<Moment> moments = new CopyOnWriteArrayList<>();

  private SmtpSink sink(Script script) throws Exception {
    return SmtpSink.start(SmtpSink.Options.of(received::add).withScript(recorded(script)));
  }

  private Script recorded(Script script) {
    return moment -> {
      moments.add(moment);
      return script.at(moment);
    };
  }

  private static Script plain(Script other) {
    return moment -> moment.stage() == Stage.EHLO ? Action.reply(PLAIN) : other.at(moment);
  }

  @Test
  void delivers_a_message_with_its_received_header_and_stuffed_dots() throws Exception {
    try (SmtpSink sink = sink(Script.OBEDIENT);
        Rig rig = Rig.to(sink.port()).start()) {
      Outcome outcome = rig.deliverOne();
      assertThat(outcome).isInstanceOf(Outcome.Delivered.class);
      assertThat(outcome.reply()).isEqualTo("250 2.0.0 Taken");
      Outcome.Delivered delivered = (Outcome.Delivered) outcome;
      assertThat(delivered.source()).isEqualTo("127.0.0.1");
      assertThat(delivered.host()).isEqualTo("127.0.0.1 [127.0.0.1]");
      Received message = received.getFirst();
      assertThat(message.helo()).isEqualTo("mx.example");
      assertThat(message.mailFrom()).isEqualTo("sender@from.example");
      assertThat(message.mailParameters()).isEqualTo("SIZE=" + Rig.BODY.length());
      String content = new String(message.content(), StandardCharsets.UTF_8);
      assertThat(content).endsWith(Rig.BODY);
      String header = content.substring(0, content.length() - Rig.BODY.length());
      assertThat(header.replace("\r\n\t", " "))
          .matches(
              "Received: from client\\.example \\(host\\.example \\[192\\.0\\.2\\.7]\\)"
                  + " \\(Authenticated sender: user\\) \\(TLSv1\\.3 TLS_AES_128_GCM_SHA256\\)"
                  + " by mx\\.example with ESMTPSA id 000000000000000001\\.001"
                  + " for <rcpt@to\\.example>; \\w{3}, \\d+ \\w{3} \\d{4} [\\d:]{8} \\+0000\r\n");
    }
  }

  @Test
  void takes_all_recipients_of_a_message_in_one_transaction_up_to_the_limit() throws Exception {
    try (SmtpSink sink = sink(Script.OBEDIENT);
        Rig rig = Rig.to(sink.port()).recipientsMax(2).start()) {
      List<Outcome> outcomes =
          rig.deliver(rig.message("a@x.example", "b@y.example", "c@z.example"));
      assertThat(outcomes).allMatch(Outcome.Delivered.class::isInstance);
      assertThat(received).extracting(one -> one.recipients().size()).containsExactly(2, 1);
      assertThat(new String(received.getFirst().content(), StandardCharsets.UTF_8))
          .doesNotContain("for <")
          .contains("id 000000000000000001;");
      assertThat(sink.connections()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"452 4.5.3 Too many recipients", "552 5.5.3 Too many recipients", "452 Enough"})
  void recipients_beyond_those_that_a_host_takes_at_a_time_go_in_the_next_transactions(String reply)
      throws Exception {
    AtomicInteger taken = new AtomicInteger();
    Script script =
        moment -> {
          if (moment.stage() == Stage.MAIL) {
            taken.set(0);
          }
          return moment.stage() == Stage.RCPT && taken.getAndIncrement() >= 10
              ? Action.reply(reply)
              : Action.PROCEED;
        };
    String[] all = new String[35];
    Arrays.setAll(all, i -> "r" + i + "@to.example");
    try (SmtpSink sink = sink(script);
        Rig rig = Rig.to(sink.port()).start()) {
      assertThat(rig.deliver(rig.message(all))).allMatch(Outcome.Delivered.class::isInstance);
      assertThat(received)
          .extracting(one -> one.recipients().size())
          .containsExactly(10, 10, 10, 5);
      assertThat(received).flatExtracting(Received::recipients).containsExactly(all);
      assertThat(sink.connections()).isEqualTo(1);
    }
  }

  @Test
  void a_host_that_takes_nobody_for_too_many_recipients_defers_and_one_that_is_full_bounces()
      throws Exception {
    Script script =
        moment ->
            switch (moment.stage() == Stage.RCPT ? moment.argument() : "") {
              case "a@to.example" -> Action.reply("552 5.5.3 Too many recipients");
              case "b@to.example" -> Action.reply("552 5.2.2 Mailbox full");
              case "c@to.example" -> Action.reply("452 4.2.2 Mailbox full");
              default -> Action.PROCEED;
            };
    try (SmtpSink sink = sink(script);
        Rig rig = Rig.to(sink.port()).start()) {
      List<Outcome> outcomes =
          rig.deliver(rig.message("a@to.example", "b@to.example", "c@to.example", "d@to.example"));
      assertThat(outcomes.get(0)).isInstanceOf(Outcome.Deferred.class);
      assertThat(outcomes.get(1)).isInstanceOf(Outcome.Bounced.class);
      assertThat(outcomes.get(2)).isInstanceOf(Outcome.Deferred.class);
      assertThat(outcomes.get(3)).isInstanceOf(Outcome.Delivered.class);
      assertThat(received).hasSize(1);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void gives_each_recipient_its_own_outcome(boolean pipelining) throws Exception {
    Script refusing =
        moment -> {
          if (moment.stage() != Stage.RCPT) {
            return Action.PROCEED;
          }
          return switch (moment.argument()) {
            case "b@to.example" -> Action.reply("550-5.1.1 Nobody\n550 5.1.1 of that name");
            case "c@to.example" -> Action.reply("450 4.2.1 Later");
            default -> Action.PROCEED;
          };
        };
    try (SmtpSink sink = sink(pipelining ? refusing : plain(refusing));
        Rig rig = Rig.to(sink.port()).start()) {
      List<Outcome> outcomes =
          rig.deliver(rig.message("a@to.example", "b@to.example", "c@to.example", "d@to.example"));
      assertThat(outcomes.get(0)).isInstanceOf(Outcome.Delivered.class);
      assertThat(outcomes.get(1)).isInstanceOf(Outcome.Bounced.class);
      assertThat(outcomes.get(1).reply()).isEqualTo("550 5.1.1 Nobody 5.1.1 of that name");
      assertThat(outcomes.get(2)).isInstanceOf(Outcome.Deferred.class);
      assertThat(((Outcome.Deferred) outcomes.get(2)).delay()).isEqualTo(Duration.ofMinutes(5));
      assertThat(outcomes.get(3)).isInstanceOf(Outcome.Delivered.class);
      assertThat(received.getFirst().recipients()).containsExactly("a@to.example", "d@to.example");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"pipelining", "plain", "pipelining with 354"})
  void goes_on_with_the_same_connection_after_all_recipients_were_refused(String how)
      throws Exception {
    Script refusing =
        moment -> {
          if (moment.transaction() == 1 && moment.stage() == Stage.RCPT) {
            return Action.reply("550 5.1.1 Nobody");
          }
          return moment.transaction() == 1
                  && moment.stage() == Stage.DATA
                  && how.equals("pipelining with 354")
              ? Action.reply("354 Go on")
              : Action.PROCEED;
        };
    try (SmtpSink sink = sink(how.equals("plain") ? plain(refusing) : refusing);
        Rig rig = Rig.to(sink.port()).start()) {
      assertThat(rig.deliver(rig.message("a@to.example", "b@to.example")))
          .allMatch(Outcome.Bounced.class::isInstance);
      assertThat(rig.deliverOne()).isInstanceOf(Outcome.Delivered.class);
      assertThat(sink.connections()).isEqualTo(1);
      assertThat(moments.stream().anyMatch(moment -> moment.stage() == Stage.RSET))
          .isEqualTo(!how.equals("pipelining with 354"));
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Stage.class,
      names = {"CONNECT", "MAIL", "RCPT", "DATA", "DOT"})
  void defers_on_4yz_and_bounces_on_5yz_at_every_stage(Stage stage) throws Exception {
    for (boolean permanent : new boolean[] {false, true}) {
      String reply = permanent ? "554 5.7.0 Never" : "451 4.7.0 Not yet";
      try (SmtpSink sink = sink(Script.at(stage, Action.reply(reply)));
          Rig rig = Rig.to(sink.port()).start()) {
        Outcome outcome = rig.deliverOne();
        assertThat(outcome)
            .isInstanceOf(permanent ? Outcome.Bounced.class : Outcome.Deferred.class);
        assertThat(outcome.reply()).isEqualTo(reply);
      }
    }
    assertThat(received).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(
      value = Stage.class,
      names = {"CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "CONTENT", "DOT"})
  void defers_when_the_host_closes_or_says_421_at_any_stage(Stage stage) throws Exception {
    for (Action action : List.of(Action.CLOSE, Action.replyThenClose("421 4.3.2 Closing"))) {
      try (SmtpSink sink = sink(Script.at(stage, action));
          Rig rig = Rig.to(sink.port()).start()) {
        Outcome outcome = rig.deliverOne();
        assertThat(outcome).isInstanceOf(Outcome.Deferred.class);
        assertThat(outcome.reply())
            .startsWith(action.equals(Action.CLOSE) ? "451 4.4.2 " : "421 4.3.2 Closing");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Stage.class,
      names = {"CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "DOT"})
  void defers_when_a_reply_hangs_trickles_never_ends_or_is_no_reply(Stage stage) throws Exception {
    for (Action action :
        List.of(
            Action.HANG,
            Action.trickle("250 " + "slow".repeat(500), Duration.ofMillis(50)),
            Action.ENDLESS_REPLY,
            Action.overlongReply(250, 100_000),
            Action.reply("hello there"),
            Action.reply("999 what"))) {
      try (SmtpSink sink = sink(Script.at(stage, action));
          Rig rig = Rig.to(sink.port()).timeout(Duration.ofMillis(300)).start()) {
        Outcome outcome = rig.deliverOne();
        assertThat(outcome).as("%s", action).isInstanceOf(Outcome.Deferred.class);
        assertThat(outcome.reply()).as("%s", action).startsWith("451 4.");
      }
    }
  }

  @Test
  void i6_a_final_dot_without_an_answer_is_in_doubt() throws Exception {
    try (SmtpSink sink = sink(Script.at(Stage.DOT, Action.TAKE_THEN_CLOSE));
        Rig rig = Rig.to(sink.port()).start()) {
      Outcome outcome = rig.deliverOne();
      assertThat(outcome).isInstanceOf(Outcome.Deferred.class);
      assertThat(outcome.reply()).startsWith("451 4.4.2 In doubt");
      assertThat(received).hasSize(1);
    }
  }

  @Test
  void speaks_helo_to_a_host_that_knows_no_ehlo() throws Exception {
    try (SmtpSink sink = sink(Script.at(Stage.EHLO, Action.reply("502 5.5.1 What?")));
        Rig rig = Rig.to(sink.port()).start()) {
      assertThat(rig.deliverOne()).isInstanceOf(Outcome.Delivered.class);
      assertThat(received.getFirst().mailParameters()).isEmpty();
    }
  }

  @Test
  void takes_a_bare_code_for_a_reply() throws Exception {
    try (SmtpSink sink = sink(Script.at(Stage.DOT, Action.reply("250")));
        Rig rig = Rig.to(sink.port()).start()) {
      assertThat(rig.deliverOne()).isInstanceOf(Outcome.Delivered.class);
    }
  }

  @Test
  void keeps_a_reply_as_printable_text_of_at_most_2_kib() throws Exception {
    String line = "550-5.7.1 \u0007\u00e9" + "x".repeat(1000);
    Script script =
        Script.at(Stage.RCPT, Action.reply((line + "\n").repeat(5) + line.replaceFirst("-", " ")));
    try (SmtpSink sink = sink(script);
        Rig rig = Rig.to(sink.port()).start()) {
      assertThat(rig.deliverOne().reply())
          .hasSizeLessThanOrEqualTo(2048)
          .matches("[ -~]*")
          .startsWith("550 5.7.1 ?");
    }
  }

  @Test
  void bounces_what_the_host_cannot_take_without_sending_it() throws Exception {
    try (SmtpSink sink = sink(Script.at(Stage.EHLO, Action.reply("250-sink\n250 SIZE 10")));
        Rig rig = Rig.to(sink.port()).start()) {
      assertThat(rig.deliverOne().reply()).startsWith("552 5.3.4 ");
      MessageFacts facts = rig.facts("\r\n");
      MessageFacts utf8 =
          new MessageFacts(
              facts.sender(), 2, true, true, "h", "::1", "", "ESMTP", "", "", facts.bornNanos());
      Outcome outcome = rig.deliver(rig.message(utf8, "\r\n", "j\u00f6rg@to.example")).getFirst();
      assertThat(outcome).isInstanceOf(Outcome.Bounced.class);
      assertThat(outcome.reply()).startsWith("553 5.6.7 ");
      assertThat(moments).noneMatch(moment -> moment.stage() == Stage.MAIL);
    }
  }

  @Test
  void sends_utf8_addresses_as_they_are() throws Exception {
    try (SmtpSink sink = sink(Script.OBEDIENT);
        Rig rig = Rig.to(sink.port()).start()) {
      MessageFacts facts = rig.facts("\r\n");
      MessageFacts utf8 =
          new MessageFacts(
              "\u00fc@from.example",
              2,
              true,
              true,
              "h",
              "::1",
              "",
              "UTF8SMTP",
              "",
              "",
              facts.bornNanos());
      assertThat(rig.deliver(rig.message(utf8, "\r\n", "j\u00f6rg@to.example")).getFirst())
          .isInstanceOf(Outcome.Delivered.class);
      Received message = received.getFirst();
      assertThat(message.mailFrom()).isEqualTo("\u00fc@from.example");
      assertThat(message.recipients()).containsExactly("j\u00f6rg@to.example");
      assertThat(message.mailParameters()).isEqualTo("SIZE=2 BODY=8BITMIME SMTPUTF8");
      assertThat(new String(message.content(), StandardCharsets.UTF_8))
          .startsWith("Received: from h ([IPv6:::1])\r\n")
          .contains("for <j\u00f6rg@to.example>");
    }
  }

  @Test
  void refuses_paths_that_would_become_commands() throws Exception {
    try (SmtpSink sink = sink(Script.OBEDIENT);
        Rig rig = Rig.to(sink.port()).start()) {
      assertThat(rig.deliver(rig.message("a@x.example>\r\nRSET")).getFirst().reply())
          .startsWith("553 5.1.3 ");
      assertThat(sink.connections()).isZero();
    }
  }

  @Test
  void expires_what_is_too_old_instead_of_deferring_it() throws Exception {
    try (SmtpSink sink = sink(Script.at(Stage.RCPT, Action.reply("450 4.2.0 Later")));
        Rig rig = Rig.to(sink.port()).start()) {
      MessageFacts facts =
          rig.facts(Rig.BODY.length(), System.nanoTime() - Duration.ofDays(3).toNanos());
      Outcome outcome = rig.deliver(rig.message(facts, Rig.BODY, "a@to.example")).getFirst();
      assertThat(outcome).isInstanceOf(Outcome.Expired.class);
      assertThat(outcome.reply()).isEqualTo("450 4.2.0 Later");
    }
  }

  @Test
  void the_last_wait_of_the_schedule_repeats() throws Exception {
    try (SmtpSink sink = sink(Script.at(Stage.RCPT, Action.reply("450 4.2.0 Later")));
        Rig rig = Rig.to(sink.port()).start()) {
      Claim first = rig.message("a@to.example").getFirst();
      for (int attempts : new int[] {0, 1, 2, 40}) {
        Claim claim =
            Claims.fresh(
                first.messageId(),
                1,
                7,
                "default",
                "to.example",
                "a@to.example",
                first.message(),
                attempts,
                Optional.empty());
        assertThat(((Outcome.Deferred) rig.deliver(List.of(claim)).getFirst()).delay())
            .isEqualTo(Duration.ofMinutes(attempts == 0 ? 5 : 7));
      }
    }
  }

  @Test
  void encrypts_where_starttls_is_offered() throws Exception {
    SmtpSink.Options options =
        SmtpSink.Options.of(received::add).withTls(TestCertificate.selfSigned("sink.example"));
    try (SmtpSink sink = SmtpSink.start(options);
        Rig rig = Rig.to(sink.port()).start()) {
      assertThat(rig.deliverOne()).isInstanceOf(Outcome.Delivered.class);
      assertThat(received.getFirst().secure()).isTrue();
    }
  }

  @Test
  void goes_on_in_clear_where_starttls_is_refused_or_breaks() throws Exception {
    for (Action action :
        List.of(
            Action.reply("454 4.7.0 Not now"),
            Action.CLOSE,
            Action.replyThenClose("220 2.0.0 Go ahead"),
            Action.reply("220 2.0.0 Go ahead\n250 And more"))) {
      SmtpSink.Options options =
          SmtpSink.Options.of(received::add)
              .withTls(TestCertificate.selfSigned("sink.example"))
              .withScript(Script.at(Stage.STARTTLS, action));
      try (SmtpSink sink = SmtpSink.start(options);
          Rig rig = Rig.to(sink.port()).start()) {
        assertThat(rig.deliverOne()).as("%s", action).isInstanceOf(Outcome.Delivered.class);
        assertThat(received.getLast().secure()).isFalse();
      }
    }
  }
}
