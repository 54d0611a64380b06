package io.mailraft.node.smtp;

import io.mailraft.node.access.TlsIdentity;
import java.util.Optional;

/**
 * STARTTLS: begins TLS, and the session anew (RFC 3207). Nothing that came in the clear counts
 * after it: neither what the client said of itself, nor commands that it, or somebody on the way,
 * had sent ahead.
 */
final class StartTlsCommand extends SmtpCommand {

  StartTlsCommand() {
    super(Verb.STARTTLS);
  }

  @Override
  void run(Conversation conversation, String argument) {
    Optional<TlsIdentity> identity = conversation.door().keepers().identity();
    if (identity.isEmpty()) {
      conversation.refuse(Reply.NOT_IMPLEMENTED);
    } else if (!argument.isEmpty()) {
      conversation.refuse(Reply.NO_ARGUMENT);
    } else if (conversation.wire().tls().isPresent()) {
      conversation.refuse(Reply.TLS_ALREADY);
    } else {
      conversation.reply(Reply.TLS_READY);
      conversation.wire().flush();
      conversation.startTls(identity.get());
    }
  }
}
