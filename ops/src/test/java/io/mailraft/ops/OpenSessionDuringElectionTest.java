package io.mailraft.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.ops.chaos.Mail;
import io.mailraft.ops.chaos.NodeProcess;
import io.mailraft.ops.chaos.SmtpSession;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A client in the middle of its message when the leader dies. */
class OpenSessionDuringElectionTest {

  @Test
  void the_session_waits_for_the_new_leader_and_then_gets_its_250() throws Exception {
    try (ClusterRun run = ClusterRun.start("open-session", 3)) {
      NodeProcess leader = run.leader();
      NodeProcess follower = run.follower();
      Mail mail = Mail.of(11, 1, 2000, 3);
      run.ledger.planned(mail);
      try (SmtpSession session = run.session(follower)) {
        assertThat(session.command("MAIL FROM:<" + mail.mailFrom() + ">").code()).isEqualTo(250);
        for (String recipient : mail.recipients()) {
          assertThat(session.command("RCPT TO:<" + recipient + ">").code()).isEqualTo(250);
        }
        assertThat(session.command("DATA").code()).isEqualTo(354);
        session.content(mail.content());
        session.flush();

        leader.kill();
        SmtpSession.Reply reply = session.command(".");
        assertThat(reply.code()).as("%s", reply).isEqualTo(250);
        assertThat(reply.text()).containsPattern("[0-9a-f]{18}");
        run.ledger.accepted(mail, follower.id(), Duration.ZERO);
        assertThat(session.command("NOOP").code()).isEqualTo(250);
        session.quit();
      }
      run.settle();
    }
  }
}
