package io.mailraft.delivery;

import io.mailraft.testkit.SmtpSink;
import java.io.Closeable;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A process with few file descriptors that delivers a message, uses all descriptors up, offers
 * another message, gives them back, and says what became of it.
 */
final class SocketShortage {
  private static final Logger LOG = LoggerFactory.getLogger(SocketShortage.class);

  private SocketShortage() {}

  public static void main(String[] arguments) throws Exception {
    loadClasses();
    try (SmtpSink sink = SmtpSink.start(SmtpSink.Options.of(message -> {}));
        Rig rig = Rig.to(sink.port()).messagesMax(1).start()) {
      expect(rig.deliverOne() instanceof Outcome.Delivered, "before the shortage");
      until(
          () ->
              rig.registry.get("mailraft.delivery.connections.open").gauge().value() == 0
                  && sink.openConnections() == 0);
      ArrayDeque<Closeable> files = takeAll();
      rig.engine.offer(rig.message("rcpt@to.example"));
      until(() -> missed(rig) > 0);
      expect(rig.outcomes.isEmpty(), "during the shortage");
      while (!files.isEmpty()) {
        files.pop().close();
      }
      expect(rig.await(1).getFirst() instanceof Outcome.Delivered, "after the shortage");
      expect(missed(rig) < 100, "it has not tried all the time");
    }
    System.out.print("delivered\n");
  }

  private static void until(BooleanSupplier condition) {
    long end = System.nanoTime() + Rig.PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      expect(System.nanoTime() - end < 0, "a condition in time");
      Thread.onSpinWait();
    }
  }

  private static double missed(Rig rig) {
    return rig.registry
        .get("mailraft.delivery.connections.missed")
        .tags("reason", "no_socket", "zone", "default")
        .counter()
        .count();
  }

  private static ArrayDeque<Closeable> takeAll() {
    ArrayDeque<Closeable> files = new ArrayDeque<>();
    try {
      while (true) {
        files.push(new FileInputStream("/dev/null"));
      }
    } catch (IOException e) {
      LOG.debug("{} descriptors taken", files.size(), e);
      return files;
    }
  }

  /** Classes in folders are read from files, which cannot be opened later. */
  private static void loadClasses() throws Exception {
    for (String entry : List.of(System.getProperty("java.class.path").split(":"))) {
      Path root = Path.of(entry);
      if (Files.isDirectory(root)) {
        try (Stream<Path> all = Files.walk(root)) {
          for (Path file : all.filter(one -> one.toString().endsWith(".class")).toList()) {
            String name = root.relativize(file).toString().replace('/', '.');
            Class.forName(
                name.substring(0, name.length() - ".class".length()),
                false,
                SocketShortage.class.getClassLoader());
          }
        }
      }
    }
  }

  private static void expect(boolean condition, String what) {
    if (!condition) {
      throw new IllegalStateException("not so: " + what);
    }
  }
}
