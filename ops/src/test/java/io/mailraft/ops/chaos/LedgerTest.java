package io.mailraft.ops.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mailraft.testkit.SmtpSink;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/** Plants each fault that the checker is there for. */
class LedgerTest {
  private static final long SEED = 7;

  private final Ledger ledger = new Ledger();
  private int number;

  private Mail planned() {
    Mail mail = mail();
    ledger.planned(mail);
    return mail;
  }

  private Mail mail() {
    Mail mail = Mail.of(SEED, number++, 500, 3);
    while (mail.recipients().size() < 2) {
      mail = Mail.of(SEED, number++, 500, 3);
    }
    return mail;
  }

  private Mail accepted() {
    Mail mail = planned();
    ledger.accepted(mail, "n1", Duration.ofMillis(5));
    return mail;
  }

  private void arrives(Mail mail, String node, byte[] content, String... recipients) {
    ledger.arrived(
        new SmtpSink.Received(
            node + ".example",
            mail.mailFrom(),
            "",
            List.of(recipients),
            content,
            content.length,
            "",
            SmtpSink.loopback(1),
            1,
            false));
  }

  private void arrives(Mail mail, String node) {
    arrives(mail, node, mail.content(), mail.recipients().toArray(String[]::new));
  }

  @Test
  void a_run_in_which_all_arrives_once_is_clean() throws Exception {
    Mail mail = accepted();
    arrives(mail, "n2");
    ledger.awaitAllArrived(Duration.ofSeconds(1));
    Verdict verdict = ledger.verdict();
    assertThat(verdict.clean()).isTrue();
    assertThat(verdict.acceptedMessages()).isEqualTo(1);
    assertThat(verdict.delivered()).isEqualTo(mail.recipients().size());
    assertThat(verdict.longestPause()).isEqualTo(Duration.ofMillis(5));
    assertThat(verdict.toString()).contains("accepted").contains("n1 1");
  }

  @Test
  void an_added_header_is_no_alteration() {
    Mail mail = accepted();
    byte[] added = "Received: from x by y;\r\n".getBytes(StandardCharsets.US_ASCII);
    byte[] content = new byte[added.length + mail.content().length];
    System.arraycopy(added, 0, content, 0, added.length);
    System.arraycopy(mail.content(), 0, content, added.length, mail.content().length);
    arrives(mail, "n1", content, mail.recipients().toArray(String[]::new));
    assertThat(ledger.verdict().clean()).isTrue();
  }

  @Test
  void i2_a_message_that_never_arrives_is_lost() {
    Mail mail = accepted();
    assertThat(ledger.verdict().lost()).isEqualTo(mail.recipients().size());
    assertThat(ledger.verdict().clean()).isFalse();
    assertThatThrownBy(() -> ledger.awaitAllArrived(Duration.ofMillis(1)))
        .isInstanceOf(TimeoutException.class);
  }

  @Test
  void i2_a_recipient_that_is_never_served_is_lost() {
    Mail mail = accepted();
    arrives(mail, "n1", mail.content(), mail.recipients().getFirst());
    assertThat(ledger.verdict().lost()).isEqualTo(mail.recipients().size() - 1);
  }

  @Test
  void i6_a_double_without_any_fault_has_no_cause() {
    Mail mail = accepted();
    arrives(mail, "n1");
    arrives(mail, "n1");
    assertThat(ledger.verdict().doubledWithoutCause()).isEqualTo(mail.recipients().size());
    assertThat(ledger.verdict().clean()).isFalse();
  }

  @Test
  void i6_a_double_is_excused_when_the_node_of_the_first_copy_died() {
    Mail mail = accepted();
    arrives(mail, "n1");
    ledger.nodeFault("n1");
    arrives(mail, "n2");
    assertThat(ledger.verdict().doubled()).isEqualTo(mail.recipients().size());
    assertThat(ledger.verdict().clean()).isTrue();
  }

  @Test
  void i6_the_death_of_another_node_excuses_nothing() {
    Mail mail = accepted();
    arrives(mail, "n1");
    ledger.nodeFault("n2");
    arrives(mail, "n3");
    assertThat(ledger.verdict().doubledWithoutCause()).isEqualTo(mail.recipients().size());
  }

  @Test
  void i6_one_death_excuses_one_more_copy_and_no_third() {
    Mail mail = accepted();
    arrives(mail, "n1");
    ledger.nodeFault("n1");
    arrives(mail, "n2");
    arrives(mail, "n2");
    assertThat(ledger.verdict().doubled()).isEqualTo(mail.recipients().size());
    assertThat(ledger.verdict().doubledWithoutCause()).isEqualTo(mail.recipients().size());
  }

  @Test
  void i6_the_death_of_the_leader_excuses_doubles_of_every_node() {
    Mail mail = accepted();
    arrives(mail, "n1");
    ledger.pathFault("n3");
    arrives(mail, "n2");
    assertThat(ledger.verdict().clean()).isTrue();
  }

  @Test
  void a_double_is_excused_when_the_submission_was_in_doubt() {
    Mail mail = planned();
    ledger.inDoubt(mail);
    ledger.accepted(mail, "n2", Duration.ofSeconds(2));
    arrives(mail, "n1");
    arrives(mail, "n2");
    assertThat(ledger.verdict().doubled()).isEqualTo(mail.recipients().size());
    assertThat(ledger.verdict().clean()).isTrue();
    assertThat(ledger.verdict().longestPause()).isEqualTo(Duration.ofSeconds(2));
  }

  @Test
  void a_submission_in_doubt_may_arrive_or_not() {
    Mail arriving = planned();
    ledger.inDoubt(arriving);
    arrives(arriving, "n1");
    ledger.inDoubt(planned());
    assertThat(ledger.verdict().clean()).isTrue();
    assertThat(ledger.verdict().undecided()).isEqualTo(2);
  }

  @Test
  void i3_a_submission_in_doubt_that_arrives_in_part_is_wrong() {
    Mail mail = planned();
    ledger.inDoubt(mail);
    arrives(mail, "n1", mail.content(), mail.recipients().getFirst());
    assertThat(ledger.verdict().partial()).isEqualTo(1);
    assertThat(ledger.verdict().clean()).isFalse();
  }

  @Test
  void a_message_that_was_refused_beyond_doubt_and_arrives_is_unexpected() {
    Mail mail = planned();
    arrives(mail, "n1");
    assertThat(ledger.verdict().unexpected()).isEqualTo(mail.recipients().size());
    assertThat(ledger.verdict().clean()).isFalse();
  }

  @Test
  void a_message_that_nobody_handed_in_is_unexpected() {
    Mail mail = mail();
    arrives(mail, "n1");
    assertThat(ledger.verdict().unexpected()).isEqualTo(mail.recipients().size());
    assertThat(ledger.verdict().clean()).isFalse();
  }

  @Test
  void a_recipient_that_nobody_asked_for_is_unexpected() {
    Mail mail = accepted();
    arrives(mail, "n1");
    arrives(mail, "n1", mail.content(), "other@else.example");
    assertThat(ledger.verdict().unexpected()).isEqualTo(1);
  }

  @Test
  void content_without_a_unique_id_is_unexpected() {
    Mail mail = accepted();
    arrives(mail, "n1");
    arrives(mail, "n1", "a: b\r\n\r\n".getBytes(StandardCharsets.US_ASCII), "x@y");
    assertThat(ledger.verdict().unexpected()).isEqualTo(1);
  }

  @Test
  void a_changed_bit_of_the_body_is_an_alteration() {
    Mail mail = accepted();
    byte[] content = mail.content().clone();
    content[content.length - 3] ^= 1;
    arrives(mail, "n1", content, mail.recipients().toArray(String[]::new));
    assertThat(ledger.verdict().altered()).isEqualTo(mail.recipients().size());
    assertThat(ledger.verdict().clean()).isFalse();
  }

  @Test
  void a_changed_reverse_path_is_an_alteration() {
    Mail mail = accepted();
    Mail other =
        new Mail(
            mail.id(), "other@else.example", mail.recipients(), mail.content(), mail.bodySha256());
    arrives(other, "n1");
    assertThat(ledger.verdict().altered()).isEqualTo(mail.recipients().size());
  }

  @Test
  void waiting_for_accepted_mail_ends_when_it_is_accepted_and_has_a_bound() throws Exception {
    Thread client = Thread.ofVirtual().start(this::accepted);
    ledger.awaitAccepted(1, Duration.ofSeconds(10));
    client.join();
    assertThatThrownBy(() -> ledger.awaitAccepted(2, Duration.ofMillis(1)))
        .isInstanceOf(TimeoutException.class)
        .hasMessageContaining("2 messages are accepted");
  }
}
