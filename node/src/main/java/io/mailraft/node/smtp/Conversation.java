package io.mailraft.node.smtp;

import io.mailraft.node.access.Account;
import io.mailraft.node.access.ClientSite;
import io.mailraft.node.access.TlsIdentity;
import io.mailraft.node.heap.HeapShare;
import io.mailraft.node.submit.Submitter;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * The state of one SMTP session beside what SubEthaSMTP keeps: the command at hand, the client's
 * name, the transaction. Used by the session's thread alone.
 */
final class Conversation {
  /** Most commands out of form or sequence in one session without a message between. */
  static final int BAD_COMMANDS_MAX = 20;

  /**
   * Time without a message, in times of that for a command, after which a session is ended at its
   * next command: RFC 5321 4.5.3.2.7 gives each command its time, and NOOP alone could go on for
   * ever. An hour by default, so that clients may keep connections for some time.
   */
  static final int COMMAND_TIMES_WITHOUT_MAIL_MAX = 12;

  /** Most wrong credentials in one session. */
  static final int DENIALS_MAX = 5;

  private static final byte[] NO_MORE = new byte[0];

  /** The line that makes SubEthaSMTP run our command, for each verb. */
  private static final Map<Verb, byte[]> ENGINE_LINES = new EnumMap<>(Verb.class);

  static {
    for (Verb verb : Verb.values()) {
      ENGINE_LINES.put(verb, (verb.name() + "\r\n").getBytes(StandardCharsets.US_ASCII));
    }
  }

  private final Door door;
  private final Wire wire;
  private final CommandReader commands;
  private final InetAddress client;
  private CommandLine line = CommandLine.malformed(Reply.UNKNOWN);
  private Optional<String> helo = Optional.empty();
  private boolean extended;
  private Optional<Account> account = Optional.empty();
  private int denials;
  private boolean begun;
  private Optional<Transaction> transaction = Optional.empty();
  private int badCommands;
  private int excused;
  private boolean finished;
  private final long withoutMailNanosMax;
  private long lastMailNanos = System.nanoTime();

  Conversation(Door door, Wire wire, InetAddress client) {
    this.door = door;
    this.wire = wire;
    this.client = client;
    long commandNanos = door.config().commandTimeout().toNanos();
    this.commands = new CommandReader(wire, commandNanos);
    this.withoutMailNanosMax = COMMAND_TIMES_WITHOUT_MAIL_MAX * commandNanos;
  }

  /**
   * Waits for the next command. Returns the line for SubEthaSMTP; an empty one where the session is
   * over.
   */
  byte[] awaitCommand() {
    if (!begun) {
      begun = true;
      if (door.config().implicitTls()) {
        // The banner is gathered, and leaves under TLS.
        door.keepers().identity().ifPresentOrElse(this::startTls, this::finish);
      }
    }
    if (finished) {
      return NO_MORE;
    }
    Optional<CommandLine> next =
        commands.next(
            transaction.isEmpty(), transaction.flatMap(Transaction::contentDeadlineNanoTime));
    if (next.isEmpty()) {
      endOfInput();
      return NO_MORE;
    }
    line = next.get();
    return ENGINE_LINES.getOrDefault(line.verb(), NO_MORE);
  }

  /** Sends a challenge and waits for what the client says to it; empty where it is gone. */
  Optional<CommandLine> ask(byte[] challenge) {
    wire.write(challenge);
    Optional<CommandLine> response = commands.response();
    if (response.isEmpty()) {
      endOfInput();
    }
    return response;
  }

  /** Begins TLS, and with it the session anew: what came in the clear counts for nothing. */
  void startTls(TlsIdentity identity) {
    endTransaction();
    helo = Optional.empty();
    extended = false;
    account = Optional.empty();
    if (!wire.startTls(identity.context(), door.config().commandTimeout().toNanos())) {
      finish();
    }
  }

  /** The client has proved who it is. */
  void authenticated(Account proved) {
    account = Optional.of(proved);
  }

  /** Answers wrong credentials. Too many of them end the session. */
  void denied() {
    denials++;
    reply(denials < DENIALS_MAX ? Reply.AUTH_DENIED : Reply.TOO_MANY_ATTEMPTS);
  }

  /** Who the client has proved to be. */
  Optional<Account> account() {
    return account;
  }

  /** Whether a password may come as things are. */
  boolean mayAuthenticate() {
    return wire.tls().isPresent() || door.config().auth().allowPlaintext();
  }

  /** How the session speaks (RFC 3848, RFC 6531 4.3). */
  private String protocol(boolean smtpUtf8) {
    if (!extended) {
      return "SMTP";
    }
    return (smtpUtf8 ? "UTF8SMTP" : "ESMTP")
        + (wire.tls().isPresent() ? "S" : "")
        + (account.isPresent() ? "A" : "");
  }

  /** Says goodbye where the input has ended. */
  void endOfInput() {
    switch (wire.inputEnd()) {
      case GONE -> finish();
      case EXPIRED -> reply(Reply.TIMEOUT);
      case STOPPED -> reply(Reply.STOPPING);
    }
  }

  /** Answers the command at hand; a 421 or 221 ends the session. */
  void reply(Reply reply) {
    wire.write(reply.bytes());
    if (reply.closes()) {
      finish(reply.code() != Reply.BYE.code());
    }
  }

  /** Answers a command that is out of form or sequence. Too many of them end the session. */
  void refuse(Reply reply) {
    badCommands++;
    reply(badCommands < BAD_COMMANDS_MAX ? reply : Reply.TOO_MANY_ERRORS);
  }

  /**
   * Answers a command that needs a transaction where there is none. Those that a client has sent
   * behind a MAIL command without waiting for its answer are no errors of its own (RFC 2920 3.1).
   */
  void refuseWithoutMail(Reply reply) {
    if (excused > 0) {
      excused--;
      reply(reply);
    } else {
      refuse(reply);
    }
  }

  /** A MAIL command: until one is accepted, what follows it is excused. */
  void mailComes() {
    excused = door.config().maxRecipients() + 1;
  }

  /** RSET: no transaction. */
  void reset() {
    excused = 0;
    endTransaction();
  }

  /** Answers a command after which it cannot be known where the next one begins. */
  void refuseAndFinish(Reply reply) {
    wire.write(reply.bytes());
    finish();
  }

  /** The content of a message has come in whole, whatever it was answered. */
  void contentTaken() {
    badCommands = 0;
    lastMailNanos = System.nanoTime();
  }

  /** Whether the last message, or the session's begin, was too long ago. */
  boolean isWithoutMailTooLong() {
    return System.nanoTime() - lastMailNanos > withoutMailNanosMax;
  }

  private void finish() {
    finish(true);
  }

  private void finish(boolean linger) {
    endTransaction();
    if (!finished) {
      finished = true;
      wire.finish(linger);
    }
  }

  boolean finished() {
    return finished;
  }

  /** Greets: a new name, no transaction. */
  void greet(String name, boolean byEhlo) {
    reset();
    helo = Optional.of(name);
    extended = byEhlo;
  }

  void begin(Transaction begun) {
    reset();
    transaction = Optional.of(begun);
  }

  /** Ends the transaction, if there is one, and gives up its upload, if that was not committed. */
  void endTransaction() {
    if (transaction.isPresent()) {
      transaction.get().close();
      transaction = Optional.empty();
    }
  }

  Optional<Transaction> transaction() {
    return transaction;
  }

  /** The name that the client gave; empty before EHLO and HELO. */
  Optional<String> helo() {
    return helo;
  }

  /** Whether the client greeted with EHLO. */
  boolean extended() {
    return extended;
  }

  CommandLine line() {
    return line;
  }

  /**
   * Who the client is, as far as that is known by now.
   *
   * @param smtpUtf8 whether what it hands in needs SMTPUTF8
   */
  Submitter submitter(boolean smtpUtf8) {
    return new Submitter(
        client,
        helo.orElse(""),
        protocol(smtpUtf8),
        account.map(Account::name).orElse(""),
        wire.tls().map(TlsIdentity::words).orElse(""),
        door.config().trustRouting() || account.filter(Account::trustRouting).isPresent());
  }

  InetAddress client() {
    return client;
  }

  /** What its next transaction may take of the heap. */
  HeapShare heap() {
    return door.entrance().heap().share(ClientSite.name(account, client));
  }

  Door door() {
    return door;
  }

  Wire wire() {
    return wire;
  }
}
