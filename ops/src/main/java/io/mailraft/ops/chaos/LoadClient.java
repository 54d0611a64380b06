package io.mailraft.ops.chaos;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A load of mail over many sessions to several nodes. A message that is refused for now, or whose
 * connection breaks, is handed in again with the same unique id, at another node where that is the
 * trouble, until it is accepted or its bounds are used up. Each answer goes to the ledger.
 */
public final class LoadClient implements AutoCloseable {
  private static final Duration RETRY_PAUSE = Duration.ofMillis(50);

  /**
   * A load.
   *
   * @param targets where the nodes take mail, by name; sessions are spread over them
   * @param sessions number of sessions at a time
   * @param messages number of messages in all
   * @param seed what the messages are made from
   * @param bodyBytesMax largest body
   * @param recipientsMax most recipients of a message
   * @param messageTimeMax time after which a message is given up
   * @param replyTimeout silence after which a session counts as broken
   */
  public record Options(
      Map<String, InetSocketAddress> targets,
      int sessions,
      int messages,
      long seed,
      int bodyBytesMax,
      int recipientsMax,
      Duration messageTimeMax,
      Duration replyTimeout) {

    /** Small messages of one to three recipients. */
    public static Options of(
        Map<String, InetSocketAddress> targets, int sessions, int messages, long seed) {
      return new Options(
          targets,
          sessions,
          messages,
          seed,
          4096,
          3,
          Duration.ofSeconds(60),
          Duration.ofSeconds(30));
    }

    /** The same with another silence after which a session counts as broken. */
    public Options withReplyTimeout(Duration other) {
      return new Options(
          targets, sessions, messages, seed, bodyBytesMax, recipientsMax, messageTimeMax, other);
    }

    /** The same with larger or smaller bodies. */
    public Options withBodyBytesMax(int other) {
      return new Options(
          targets, sessions, messages, seed, other, recipientsMax, messageTimeMax, replyTimeout);
    }

    /** The same with another time after which a message is given up. */
    public Options withMessageTimeMax(Duration other) {
      return new Options(
          targets, sessions, messages, seed, bodyBytesMax, recipientsMax, other, replyTimeout);
    }
  }

  private record Target(String node, InetSocketAddress address) {}

  private final Options options;
  private final Ledger ledger;
  private final List<Target> targets;
  private final AtomicInteger next = new AtomicInteger();
  private final AtomicInteger givenUp = new AtomicInteger();
  private final List<Thread> workers = new ArrayList<>();
  private final CountDownLatch done;
  private volatile boolean stopped;
  private volatile Optional<String> lastRefusal = Optional.empty();
  private volatile Optional<Throwable> broken = Optional.empty();

  private LoadClient(Options options, Ledger ledger) {
    this.options = options;
    this.ledger = ledger;
    this.targets =
        options.targets().entrySet().stream()
            .map(entry -> new Target(entry.getKey(), entry.getValue()))
            .toList();
    this.done = new CountDownLatch(options.sessions());
  }

  /** Starts a load. */
  public static LoadClient start(Options options, Ledger ledger) {
    LoadClient client = new LoadClient(options, ledger);
    for (int i = 0; i < options.sessions(); i++) {
      int worker = i;
      client.workers.add(Thread.ofVirtual().name("load-" + worker).start(() -> client.run(worker)));
    }
    return client;
  }

  /**
   * Waits until every message was accepted or given up, and returns how many were given up.
   *
   * @throws TimeoutException if the load is not through within the bound
   * @throws IllegalStateException if a session ended by an error of its own
   */
  public int await(Duration bound) throws InterruptedException, TimeoutException {
    if (!done.await(bound.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new TimeoutException(
          "the load is not through after " + bound.toSeconds() + " s; " + lastRefusal.orElse(""));
    }
    if (broken.isPresent()) {
      throw new IllegalStateException("a session of the load broke", broken.get());
    }
    return givenUp.get();
  }

  /** The last refusal or broken connection that a session met, as text. */
  public Optional<String> lastRefusal() {
    return lastRefusal;
  }

  private void run(int worker) {
    try (Worker work = new Worker(worker)) {
      int number = next.getAndIncrement();
      while (number < options.messages() && !stopped) {
        work.handIn(
            Mail.of(options.seed(), number, options.bodyBytesMax(), options.recipientsMax()));
        number = next.getAndIncrement();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      broken = Optional.of(e);
      throw e;
    } finally {
      done.countDown();
    }
  }

  /** Ends all sessions after the attempt that each is at. */
  @Override
  public void close() {
    stopped = true;
    workers.forEach(Thread::interrupt);
  }

  /** One session after another, of one thread. */
  private final class Worker implements AutoCloseable {
    private int turn;
    private @Nullable SmtpSession session;

    Worker(int turn) {
      this.turn = turn;
    }

    void handIn(Mail mail) throws InterruptedException {
      ledger.planned(mail);
      long begin = System.nanoTime();
      while (!stopped && System.nanoTime() - begin < options.messageTimeMax().toNanos()) {
        Target target = targets.get(Math.floorMod(turn, targets.size()));
        Optional<Boolean> settled = attempt(mail, target, begin);
        if (settled.isPresent()) {
          givenUp.addAndGet(settled.get() ? 0 : 1);
          return;
        }
        Await.pause(RETRY_PAUSE);
      }
      givenUp.incrementAndGet();
    }

    /** True where the message was accepted, false where it never will be, else empty. */
    private Optional<Boolean> attempt(Mail mail, Target target, long begin) {
      SmtpSession open;
      try {
        open =
            session == null ? SmtpSession.open(target.address(), options.replyTimeout()) : session;
        session = open;
      } catch (IOException e) {
        moveOn(target, String.valueOf(e.getMessage()));
        return Optional.empty();
      }
      return switch (open.submit(mail)) {
        case SmtpSession.Submitted.Accepted accepted -> {
          ledger.accepted(mail, target.node(), Duration.ofNanos(System.nanoTime() - begin));
          yield Optional.of(true);
        }
        case SmtpSession.Submitted.Refused refused -> {
          // A refusal for good is a promise that nothing was stored; one for now is none.
          if (refused.afterDot() && refused.reply().temporary()) {
            ledger.inDoubt(mail);
          }
          moveOn(target, refused.reply().code() + " " + refused.reply().text());
          yield refused.reply().temporary() ? Optional.empty() : Optional.of(false);
        }
        case SmtpSession.Submitted.Broken broken -> {
          if (broken.afterDot()) {
            ledger.inDoubt(mail);
          }
          moveOn(target, String.valueOf(broken.cause().getMessage()));
          yield Optional.empty();
        }
      };
    }

    private void moveOn(Target target, String why) {
      lastRefusal = Optional.of(target.node() + ": " + why);
      turn++;
      close();
    }

    @Override
    public void close() {
      SmtpSession ending = session;
      session = null;
      if (ending == null) {
        return;
      }
      try {
        ending.close();
      } catch (IOException e) {
        lastRefusal = Optional.of("closing: " + e.getMessage());
      }
    }
  }
}
