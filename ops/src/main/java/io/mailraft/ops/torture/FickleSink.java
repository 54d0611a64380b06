package io.mailraft.ops.torture;

import io.mailraft.testkit.Action;
import io.mailraft.testkit.Moment;
import io.mailraft.testkit.Script;
import io.mailraft.testkit.SmtpSink;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The far end of a run: takes mail, and refuses, hangs and breaks off as {@link Fate} has it. Tells
 * the book of every end. Knows a message by its reverse path, {@code s.ID@sender.example}.
 */
final class FickleSink implements Script, AutoCloseable {
  static final int TALKS_MAX = 10_000;
  static final int ATTEMPTS_MAX = 100_000;
  private static final Duration SLOW = Duration.ofMillis(1_500);
  private static final String NOBODY = "";

  /** What one connection is at. Used on the connection's own thread alone. */
  private static final class Talk {
    String helo = NOBODY;
    String id = NOBODY;
    final List<String> recipients = new ArrayList<>();
    boolean replies = true;
  }

  private final Book book;

  /**
   * Connections that may end without QUIT, so that nobody tells of their end: those that were used
   * last are known. All nodes together have far fewer open.
   */
  private final Map<Long, Talk> talks = recent(TALKS_MAX);

  /** Counted where the fate depends on it alone; who is forgotten begins at 1 again. */
  private final Map<String, Integer> attempts = recent(ATTEMPTS_MAX);

  private final CountDownLatch closed = new CountDownLatch(1);
  private final SmtpSink sink;
  private volatile boolean busy;
  private volatile boolean slow;
  private volatile boolean obedient;

  private FickleSink(Book book, InetSocketAddress listen) throws IOException {
    this.book = book;
    this.sink =
        SmtpSink.start(SmtpSink.Options.of(this::taken).withListen(listen).withScript(this));
  }

  /** Starts listening. */
  static FickleSink start(Book book, InetSocketAddress listen) throws IOException {
    return new FickleSink(book, listen);
  }

  int port() {
    return sink.port();
  }

  /** Refuses all mail for now, or no longer. */
  void busy(boolean is) {
    busy = is;
  }

  /** Lets every content wait, or no longer. */
  void slow(boolean is) {
    slow = is;
  }

  /** From here on only what is refused for good is refused. */
  void obey() {
    obedient = true;
    busy = false;
    slow = false;
  }

  @Override
  public Action at(Moment moment) {
    Talk talk = talks.computeIfAbsent(moment.connection(), connection -> new Talk());
    return switch (moment.stage()) {
      case EHLO, HELO -> {
        talk.helo = moment.argument();
        yield Action.PROCEED;
      }
      case MAIL -> {
        talk.id = id(moment.argument());
        talk.recipients.clear();
        yield Action.PROCEED;
      }
      case RCPT -> recipient(talk, moment.argument());
      case DATA -> {
        hesitate(talk, slow && early(moment) ? SLOW : Duration.ZERO);
        yield Action.PROCEED;
      }
      case CONTENT -> {
        Duration usual = Fate.beforeContent(talk.id);
        hesitate(talk, !slow ? usual : early(moment) ? Duration.ZERO : SLOW);
        yield Action.PROCEED;
      }
      case DOT -> dot(talk);
      case QUIT -> {
        talks.remove(moment.connection());
        yield Action.PROCEED;
      }
      case CONNECT, STARTTLS, RSET -> Action.PROCEED;
    };
  }

  private Action recipient(Talk talk, String recipient) {
    if (busy) {
      // Not at MAIL: a host that refuses that is left alone for a minute, and no later fault would
      // find mail on its way.
      return Action.reply("451 4.3.2 Too busy");
    }
    Action fate = Fate.recipient(talk.id, recipient, () -> attempt(talk.id + " " + recipient));
    if (permanent(fate)) {
      book.refused(talk.id, recipient, talk.helo);
      return fate;
    }
    if (obedient || !(fate instanceof Action.Reply)) {
      talk.recipients.add(recipient);
      return Action.PROCEED;
    }
    return fate;
  }

  private Action dot(Talk talk) {
    Action fate = Fate.dot(talk.id, () -> attempt(talk.id));
    if (permanent(fate)) {
      talk.recipients.forEach(recipient -> book.refused(talk.id, recipient, talk.helo));
      return fate;
    }
    Action action = obedient ? Action.PROCEED : fate;
    talk.replies = !(action instanceof Action.TakeThenClose);
    return action;
  }

  private void taken(SmtpSink.Received received) {
    Talk talk = talks.getOrDefault(received.connection(), new Talk());
    book.taken(received, talk.replies);
  }

  private int attempt(String key) {
    return attempts.merge(key, 1, Integer::sum);
  }

  /** A map of at most so many entries, which forgets what was not used for longest. */
  static <K, V> Map<K, V> recent(int most) {
    return Collections.synchronizedMap(
        new LinkedHashMap<>(16, 0.75f, true) {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
            return size() > most;
          }
        });
  }

  /**
   * Whether the content of this connection waits before it is sent rather than before it is read:
   * of every second one. A node has nothing more to say in the one case, and all in the other.
   */
  private static boolean early(Moment moment) {
    return moment.connection() % 2 == 0;
  }

  private void hesitate(Talk talk, Duration wait) {
    try {
      if (!obedient && wait.isPositive() && closed.await(wait.toMillis(), TimeUnit.MILLISECONDS)) {
        talk.recipients.clear();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static boolean permanent(Action action) {
    return action instanceof Action.Reply(String text) && text.startsWith("5");
  }

  private static String id(String path) {
    int at = path.indexOf('@');
    return path.startsWith("s.") && at > 2 ? path.substring(2, at) : NOBODY;
  }

  @Override
  public void close() throws IOException {
    closed.countDown();
    sink.close();
  }
}
