package io.mailraft.ops.torture;

import io.mailraft.ops.chaos.Mail;
import io.mailraft.ops.chaos.SmtpSession;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Clients at all nodes that hand in mail at a steady rate until they are told to stop. What is
 * refused for now, or whose connection breaks, is handed in again under the same id, at the next
 * node, until it is accepted.
 */
final class Clients implements AutoCloseable {
  private static final Duration REPLY_TIMEOUT = Duration.ofSeconds(12);
  private static final Duration RETRY_PAUSE = Duration.ofMillis(100);

  /**
   * After so many messages a session goes on at the next node. Else all would end up at those nodes
   * that no fault has hit yet.
   */
  private static final int MESSAGES_AT_A_NODE = 25;

  private record Target(String node, InetSocketAddress address) {}

  private final Letters letters;
  private final Book book;
  private final List<Target> targets;
  private final long intervalNanos;
  private final AtomicInteger next = new AtomicInteger();
  private final AtomicInteger refusedForGood = new AtomicInteger();
  private final Map<String, Integer> acceptedByNode = new ConcurrentHashMap<>();
  private final List<Thread> threads = new ArrayList<>();
  private final CountDownLatch stop = new CountDownLatch(1);
  private volatile boolean giveUp;
  private volatile String lastTrouble = "none";

  private Clients(
      Letters letters, Book book, Map<String, InetSocketAddress> targets, int sessions, int rate) {
    this.letters = letters;
    this.book = book;
    this.targets =
        targets.entrySet().stream().map(e -> new Target(e.getKey(), e.getValue())).toList();
    this.intervalNanos = TimeUnit.SECONDS.toNanos(1) * sessions / rate;
  }

  /**
   * Starts the sessions.
   *
   * @param sessions number of sessions in all
   * @param rate messages a second in all, at most
   */
  static Clients start(
      Letters letters, Book book, Map<String, InetSocketAddress> targets, int sessions, int rate) {
    Clients clients = new Clients(letters, book, targets, sessions, rate);
    for (int i = 0; i < sessions; i++) {
      Session session = clients.new Session(i);
      clients.threads.add(Thread.ofVirtual().name("client-" + i).start(session::run));
    }
    return clients;
  }

  /** Messages that got their 250, by node. */
  Map<String, Integer> acceptedByNode() {
    return new LinkedHashMap<>(acceptedByNode);
  }

  /** Messages that a node refused for good, which none may. */
  int refusedForGood() {
    return refusedForGood.get();
  }

  /** What a session was told last that was no 250. */
  String lastTrouble() {
    return lastTrouble;
  }

  /**
   * Begins no more messages, and waits for those under way.
   *
   * @return how many sessions had to give theirs up
   */
  int finish(Duration bound) throws InterruptedException {
    stop.countDown();
    long end = System.nanoTime() + bound.toNanos();
    int late = 0;
    for (Thread thread : threads) {
      long left = Math.max(1, end - System.nanoTime());
      late += thread.join(Duration.ofNanos(left)) ? 0 : 1;
    }
    return late;
  }

  /** Ends all sessions. */
  @Override
  public void close() {
    giveUp = true;
    stop.countDown();
    threads.forEach(Thread::interrupt);
  }

  /** One session after another, of one thread. */
  private final class Session {
    private int turn;
    private @Nullable SmtpSession open;

    Session(int turn) {
      this.turn = turn;
    }

    void run() {
      try {
        for (int sent = 1; !stop.await(intervalNanos, TimeUnit.NANOSECONDS); sent++) {
          handIn(letters.letter(next.getAndIncrement()));
          if (sent % MESSAGES_AT_A_NODE == 0) {
            turn++;
            leave();
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } finally {
        leave();
      }
    }

    private void handIn(Mail mail) throws InterruptedException {
      book.planned(mail);
      while (!giveUp && !attempt(mail, targets.get(Math.floorMod(turn, targets.size())))) {
        Run.hold(RETRY_PAUSE.toMillis());
      }
    }

    /** Whether the message needs no further attempt. */
    private boolean attempt(Mail mail, Target target) {
      SmtpSession session;
      try {
        session = open == null ? SmtpSession.open(target.address(), REPLY_TIMEOUT) : open;
        open = session;
      } catch (IOException e) {
        moveOn(target, String.valueOf(e.getMessage()));
        return false;
      }
      return switch (session.submit(mail)) {
        case SmtpSession.Submitted.Accepted _ -> {
          book.accepted(mail);
          acceptedByNode.merge(target.node(), 1, Integer::sum);
          yield true;
        }
        case SmtpSession.Submitted.Refused refused -> {
          // A refusal for good is a promise that nothing was stored; one for now is none.
          if (refused.afterDot() && refused.reply().temporary()) {
            book.inDoubt(mail);
          }
          moveOn(target, refused.reply().code() + " " + refused.reply().text());
          if (!refused.reply().temporary()) {
            refusedForGood.incrementAndGet();
          }
          yield !refused.reply().temporary();
        }
        case SmtpSession.Submitted.Broken broken -> {
          if (broken.afterDot()) {
            book.inDoubt(mail);
          }
          moveOn(target, String.valueOf(broken.cause().getMessage()));
          yield false;
        }
      };
    }

    private void moveOn(Target target, String why) {
      lastTrouble = target.node() + ": " + why;
      turn++;
      leave();
    }

    private void leave() {
      Optional<SmtpSession> ending = Optional.ofNullable(open);
      open = null;
      try {
        if (ending.isPresent()) {
          ending.get().close();
        }
      } catch (IOException e) {
        lastTrouble = "closing: " + e.getMessage();
      }
    }
  }
}
