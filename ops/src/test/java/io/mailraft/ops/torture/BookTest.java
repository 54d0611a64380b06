package io.mailraft.ops.torture;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.ops.chaos.Mail;
import io.mailraft.testkit.SmtpSink;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Each check of the book catches the fault that is planted for it, and nothing else. */
class BookTest {
  private final Harms harms = new Harms();
  private final Book book = new Book(harms);
  private final Mail mail = letter();

  /** A message of several recipients. */
  private static Mail letter() {
    Letters letters = new Letters(3);
    int number = 0;
    while (letters.letter(number).recipients().size() < 2) {
      number++;
    }
    return letters.letter(number);
  }

  private void accepted() {
    book.planned(mail);
    book.accepted(mail);
  }

  private void taken(String node, boolean replied, List<String> recipients, byte[] content) {
    book.taken(
        new SmtpSink.Received(
            node + ".example",
            mail.mailFrom(),
            "",
            recipients,
            content,
            content.length,
            "",
            SmtpSink.loopback(1),
            1,
            false),
        replied);
  }

  private void taken(String node) {
    taken(node, true, mail.recipients(), mail.content());
  }

  private List<Check> found() {
    return book.tally().findings().stream().map(Finding::check).toList();
  }

  @Test
  void what_is_accepted_and_taken_once_is_right() throws Exception {
    accepted();
    assertThat(book.awaitEnded(Duration.ofMillis(1), Duration.ofMillis(1))).isFalse();
    taken("n1");
    assertThat(book.awaitEnded(Duration.ofMillis(1), Duration.ofMillis(1))).isTrue();
    Tally tally = book.tally();
    assertThat(tally.findings()).isEmpty();
    assertThat(tally.delivered()).isEqualTo(mail.recipients().size());
    assertThat(tally.bounced()).isZero();
  }

  @Test
  void a_refusal_for_good_is_an_end_too() {
    accepted();
    mail.recipients().forEach(recipient -> book.refused(mail.id(), recipient, "n1.example"));
    Tally tally = book.tally();
    assertThat(tally.findings()).isEmpty();
    assertThat(tally.bounced()).isEqualTo(mail.recipients().size());
  }

  @Test
  void i2_what_has_no_end_is_lost() {
    accepted();
    taken("n1", true, mail.recipients().subList(1, mail.recipients().size()), mail.content());
    assertThat(found()).containsExactly(Check.LOST);
  }

  @Test
  void i6_a_second_end_needs_a_cause() {
    accepted();
    taken("n1");
    taken("n2");
    assertThat(found()).containsExactly(Check.DOUBLED);
  }

  @Test
  void i6_a_second_end_is_excused_by_a_reply_that_did_not_leave_the_sink() {
    accepted();
    taken("n1", false, mail.recipients(), mail.content());
    taken("n2");
    assertThat(found()).isEmpty();
  }

  @Test
  void i6_a_second_end_is_excused_by_a_submission_in_doubt_once() {
    book.planned(mail);
    book.inDoubt(mail);
    book.accepted(mail);
    taken("n1");
    taken("n1");
    assertThat(found()).isEmpty();
    taken("n1");
    assertThat(found()).containsExactly(Check.DOUBLED);
  }

  @Test
  void i6_a_second_end_is_excused_by_harm_of_the_node_of_the_first_alone() {
    accepted();
    harms.begin(Set.of("n2"), false, false);
    taken("n1");
    taken("n2");
    assertThat(found()).containsExactly(Check.DOUBLED);
    harms.begin(Set.of("n1"), false, false);
    assertThat(found()).isEmpty();
  }

  @Test
  void i5_of_a_node_that_was_frozen_a_few_late_attempts_are_excused_and_no_more() {
    harms.frozen("n2", System.nanoTime(), System.nanoTime() + Duration.ofSeconds(5).toNanos());
    Letters letters = new Letters(4);
    for (int number = 0; number < 10; number++) {
      Mail one = letters.letter(number);
      book.planned(one);
      book.accepted(one);
      for (String node : List.of("n1.example", "n2.example")) {
        book.refused(one.id(), one.recipients().getFirst(), node);
      }
      one.recipients().stream().skip(1).forEach(r -> book.refused(one.id(), r, "n1.example"));
    }
    Tally tally = book.tally();
    assertThat(tally.doubled()).isEqualTo(4);
    assertThat(tally.doubledWithoutCause()).isEqualTo(6);
  }

  @Test
  void i3_a_message_without_its_250_arrives_as_a_whole_or_not_at_all() {
    book.planned(mail);
    book.inDoubt(mail);
    assertThat(found()).isEmpty();
    taken("n1", true, mail.recipients().subList(0, 1), mail.content());
    assertThat(found()).containsExactly(Check.PARTIAL);
  }

  @Test
  void what_was_refused_beyond_doubt_must_not_arrive() {
    book.planned(mail);
    taken("n1");
    assertThat(found()).containsExactly(Check.UNEXPECTED);
  }

  @Test
  void what_nobody_handed_in_must_not_arrive() {
    taken(
        "n1",
        true,
        List.of("r@d.example"),
        "Subject: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    assertThat(found()).containsExactly(Check.UNEXPECTED);
  }

  @Test
  void a_changed_byte_is_seen() {
    accepted();
    byte[] changed = mail.content().clone();
    changed[changed.length - 1] ^= 1;
    taken("n1", true, mail.recipients(), changed);
    assertThat(found()).containsExactly(Check.ALTERED);
  }
}
