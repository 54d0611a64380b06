package io.mailraft.node;

import io.mailraft.config.ConfigException;
import io.mailraft.config.ConfigLoader;
import io.mailraft.config.MailraftConfig;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The program of a node: {@code start [-c FILE]}. Prints one line once mail is accepted.
 *
 * <p>Exit status as in sysexits: 0 after an orderly stop, 64 for a wrong command line, 70 for
 * trouble inside, 74 where a file, disk or port cannot be used, 78 for settings that cannot be
 * used.
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
      Ends with 0 after an orderly stop, 64 for a wrong command line, 70 for trouble
      inside, 74 where a file, disk or port cannot be used, 78 for settings that
      cannot be used.
      """;

  private Main() {}

  /** Runs a node until it is told to stop. */
  public static void main(String[] args) {
    // Ratis carries a shaded Netty whose version file Armeria mistakes for that of the real one.
    System.setProperty("com.linecorp.armeria.warnNettyVersions", "false");
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
    Optional<Path> file = Optional.empty();
    boolean understood =
        (args.length == 1 && args[0].equals("start"))
            || (args.length == 3 && args[0].equals("start") && args[1].matches("-c|--config"));
    if (!understood) {
      err.println("usage: mailraft start [-c FILE]");
      return USAGE;
    }
    if (args.length == 3) {
      file = Optional.of(Path.of(args[2]));
    }
    try {
      MailraftConfig config =
          file.isPresent() ? ConfigLoader.load(file.get()) : ConfigLoader.defaults();
      return serve(config, out);
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

  private static int serve(MailraftConfig config, PrintStream out)
      throws IOException, InterruptedException {
    CountDownLatch end = new CountDownLatch(1);
    CountDownLatch stopped = new CountDownLatch(1);
    BlockingQueue<Throwable> troubles = new LinkedBlockingQueue<>();
    Node node =
        new Node(
            config,
            InstantSource.system(),
            cause -> {
              troubles.add(cause);
              end.countDown();
            });
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
                    troubles.add(e);
                    end.countDown();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
    end.await();
    starter.interrupt();
    starter.join();
    Throwable cause = troubles.peek();
    if (cause != null) {
      status.set(cause instanceof IOException ? IO_ERROR : SOFTWARE);
      if (cause instanceof IOException trouble) {
        // What an operator can mend needs no stack trace.
        log.error("this node stops; its files are kept: {}", plainly(trouble));
        log.debug("the cause", cause);
      } else {
        log.error("this node stops; its files are kept: {}", cause.getMessage(), cause);
      }
    }
    node.close();
    stopped.countDown();
    return status.get();
  }
}
