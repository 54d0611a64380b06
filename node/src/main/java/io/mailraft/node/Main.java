package io.mailraft.node;

import io.mailraft.config.ConfigException;
import io.mailraft.config.ConfigLoader;
import io.mailraft.config.MailraftConfig;
import io.mailraft.node.access.UserCommand;
import io.mailraft.node.log.Logs;
import io.mailraft.queue.QueueSettings;
import io.mailraft.queue.Rejoin;
import io.mailraft.queue.store.StoreException;
import java.io.Console;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The program of a node: {@code start [-c FILE]}, which prints one line once mail is accepted, and
 * {@code node rejoin [-c FILE]}, which gives a stopped node empty replicas that fetch everything
 * from the other nodes; {@code user} edits a users file.
 *
 * <p>Exit status as in sysexits: 0 after an orderly stop, 64 for a wrong command line, 70 for
 * trouble inside, 74 where a file, disk or port cannot be used, 78 for settings that cannot be
 * used. The JVM itself ends with 3 where memory runs out, which the script that starts it asks for.
 */
public final class Main {
  private static final Logger log = LoggerFactory.getLogger(Main.class);
  private static final int OK = 0;
  private static final int USAGE = 64;
  private static final int SOFTWARE = 70;
  private static final int IO_ERROR = 74;
  private static final int CONFIG = 78;

  private static final String HELP =
      """
      Usage: mailraft start [-c FILE]
      Runs one node until SIGTERM or Ctrl-C; prints one line once mail is accepted.
        -c, --config FILE   its settings (YAML); without FILE: SMTP 127.0.0.1:2525,
                            HTTP 127.0.0.1:8080, admin 127.0.0.1:9090,
                            Raft 127.0.0.1:7100, data in ./data
        -h, --help          this text
      Ends with 0 after an orderly stop, 3 where memory has run out, 64 for a wrong
      command line, 70 for trouble inside, 74 where a file, disk or port cannot be
      used, 78 for settings that cannot be used.
      """;

  private static final String REJOIN_HELP =
      """
      Usage: mailraft node rejoin [-c FILE]
      For a stopped node whose data is lost or damaged: moves its replicas aside, keeps
      them, and fetches everything anew from the other nodes, of which a majority must
      run. Start the node when it is done. Interrupted, it goes on when it is run again.
        -c, --config FILE   the node's settings (YAML), as for "mailraft start"
        -h, --help          this text
      Ends with 0 once the node can be started, 64 for a wrong command line, 74 where a
      file, disk or port cannot be used, 78 for settings that cannot be used.
      """;

  /** An end that takes longer than this, after trouble, is cut short. */
  private static final Duration STOP_MAX = Duration.ofSeconds(15);

  /**
   * The same for an orderly stop, which service managers give some time too. What takes so long are
   * other nodes that hang or are cut off: Raft waits for their answers while it closes.
   */
  private static final Duration ORDERLY_STOP_MAX = Duration.ofMillis(9_500);

  private Main() {}

  /** Runs a node until it is told to stop. */
  public static void main(String[] args) {
    // Ratis carries a shaded Netty whose version file Armeria mistakes for that of the real one.
    System.setProperty("com.linecorp.armeria.warnNettyVersions", "false");
    // A client that asks for handshake after handshake on one connection is cut off.
    System.setProperty("jdk.tls.rejectClientInitiatedRenegotiation", "true");
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    PrintStream err = new PrintStream(System.err, true, StandardCharsets.UTF_8);
    System.exit(run(args, out, err));
  }

  static int run(String[] args, PrintStream out, PrintStream err) {
    if (args.length == 1 && args[0].equals("--version")) {
      out.println("mailraft " + Version.text());
      return OK;
    }
    if (args.length == 2 && args[0].equals("start") && args[1].matches("-h|--help")) {
      out.print(HELP);
      return OK;
    }
    if (args.length >= 1 && args[0].equals("user")) {
      return UserCommand.run(
          List.of(args).subList(1, args.length),
          System.in,
          out,
          err,
          Optional.ofNullable(System.console()).filter(Console::isTerminal));
    }
    boolean rejoins = args.length >= 2 && args[0].equals("node") && args[1].equals("rejoin");
    List<String> rest = List.of(args).subList(rejoins ? 2 : Math.min(1, args.length), args.length);
    if (rejoins && rest.size() == 1 && rest.getFirst().matches("-h|--help")) {
      out.print(REJOIN_HELP);
      return OK;
    }
    boolean understood =
        (rejoins || (args.length > 0 && args[0].equals("start")))
            && (rest.isEmpty() || (rest.size() == 2 && rest.getFirst().matches("-c|--config")));
    if (!understood) {
      err.println(
          "usage: mailraft start [-c FILE], mailraft node rejoin [-c FILE], or mailraft user"
              + " --help");
      return USAGE;
    }
    try {
      MailraftConfig config =
          rest.isEmpty() ? ConfigLoader.defaults() : ConfigLoader.load(Path.of(rest.getLast()));
      return rejoins ? rejoin(config, out) : serve(config, out);
    } catch (ConfigException e) {
      err.println(e.getMessage());
      return CONFIG;
    } catch (IOException e) {
      log.debug("the start ended", e);
      err.println("mailraft: " + plainly(e));
      return IO_ERROR;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return SOFTWARE;
    }
  }

  /** What is wrong in words; the JDK's exceptions about a file often say its name alone. */
  private static String plainly(IOException trouble) {
    String message = String.valueOf(trouble.getMessage());
    return switch (trouble) {
      case AccessDeniedException e -> message + ": this user may not use it";
      case FileAlreadyExistsException e -> message + ": is there already, and no directory";
      case NoSuchFileException e -> message + ": cannot be made or found";
      default -> message;
    };
  }

  private static int rejoin(MailraftConfig config, PrintStream out)
      throws IOException, InterruptedException {
    Logs logs = Logs.apply(config.log());
    QueueSettings settings = Node.settings(config);
    Files.createDirectories(config.node().dataDir());
    try (DataLock _ = DataLock.take(config.node().dataDir())) {
      Rejoin.moveAside(settings)
          .ifPresent(aside -> out.println("what this node had is kept in " + aside));
      Rejoin.catchUp(settings, InstantSource.system(), out::println);
    } finally {
      logs.close();
    }
    out.println(config.node().id() + " has everything: start it with \"mailraft start\"");
    return OK;
  }

  private static int serve(MailraftConfig config, PrintStream out)
      throws IOException, InterruptedException {
    Logs logs = Logs.apply(config.log());
    CountDownLatch end = new CountDownLatch(1);
    CountDownLatch stopped = new CountDownLatch(1);
    BlockingQueue<Throwable> troubles = new LinkedBlockingQueue<>();
    Consumer<Throwable> broken =
        cause -> {
          troubles.add(cause);
          end.countDown();
        };
    Node node = new Node(config, InstantSource.system(), logs, broken);
    Thread.setDefaultUncaughtExceptionHandler(new Uncaught(broken));
    AtomicInteger status = new AtomicInteger(OK);
    Thread hook =
        new Thread(
            () -> {
              end.countDown();
              try {
                stopped.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              // The JVM would report the signal; an orderly stop is no trouble.
              Runtime.getRuntime().halt(status.get());
            },
            "stop");
    Runtime.getRuntime().addShutdownHook(hook);
    Thread starter =
        Thread.ofPlatform()
            .name("start")
            .start(
                () -> {
                  try {
                    out.println(node.start());
                  } catch (IOException | RuntimeException e) {
                    broken.accept(e);
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
    end.await();
    Throwable cause = troubles.peek();
    boolean disk = cause instanceof IOException || cause instanceof StoreException;
    if (cause != null) {
      status.set(disk ? IO_ERROR : SOFTWARE);
    }
    haltLater(status.get(), cause == null ? ORDERLY_STOP_MAX : STOP_MAX);
    starter.interrupt();
    starter.join();
    if (cause != null) {
      if (disk) {
        // What an operator can mend needs no stack trace.
        log.error(
            "this node stops; its files are kept: {}",
            cause instanceof IOException trouble ? plainly(trouble) : cause.getMessage());
        log.debug("the cause", cause);
      } else {
        log.error("this node stops; its files are kept: {}", cause.getMessage(), cause);
      }
    }
    node.close();
    logs.close();
    stopped.countDown();
    return status.get();
  }

  /**
   * Ends the process if the stop hangs, as it can on a disk or nodes that do not answer. What was
   * acknowledged is on a majority, and a crash is what storage is made for.
   */
  private static void haltLater(int status, Duration most) {
    Thread.ofPlatform()
        .daemon()
        .name("stop-watch")
        .start(
            () -> {
              try {
                Thread.sleep(most); // Nothing to wait for: the end of the process ends it.
              } catch (InterruptedException e) {
                log.debug("not waiting to the end", e);
              }
              log.warn("the stop takes longer than {}, the process ends now", most);
              Runtime.getRuntime().halt(status);
            });
  }
}
