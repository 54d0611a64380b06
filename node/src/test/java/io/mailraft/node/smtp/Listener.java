package io.mailraft.node.smtp;

import io.mailraft.node.submit.ZoneChooser;
import io.mailraft.router.Decision;
import io.mailraft.router.Rule;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** A running listener on a queue in memory, with the raw clients that were opened to it. */
final class Listener implements AutoCloseable {
  static final Instant NOW = Instant.parse("2026-03-01T12:34:56Z");
  private static final Duration WAIT_MAX = Duration.ofSeconds(20);

  final MemoryUploads uploads = new MemoryUploads();
  final RecordedEvents events = new RecordedEvents();
  final SmtpFrontDoor door;

  /** Whether each message's X-Sending-Zone was to be honoured. */
  final List<Boolean> trusted = new CopyOnWriteArrayList<>();

  private final List<RawClient> clients = new ArrayList<>();

  Listener() throws IOException {
    this(settings -> {});
  }

  Listener(Consumer<Settings> change) throws IOException {
    Settings settings = new Settings();
    change.accept(settings);
    door =
        open(
            settings,
            submission -> {
              trusted.add(submission.trusted());
              return domain -> zone(submission.headers().sendingZone().orElse("default"));
            });
  }

  Listener(Consumer<Settings> change, ZoneChooser zones) throws IOException {
    Settings settings = new Settings();
    change.accept(settings);
    door = open(settings, zones);
  }

  private SmtpFrontDoor open(Settings settings, ZoneChooser zones) throws IOException {
    SmtpFrontDoor opened =
        new SmtpFrontDoor(
            settings.config(),
            uploads,
            zones,
            Listener::domain,
            "n1",
            InstantSource.fixed(NOW),
            events,
            settings.keepers,
            settings.heap);
    opened.start();
    return opened;
  }

  static Decision zone(String name) {
    return new Decision(name, Rule.DEFAULT, "", List.of());
  }

  private static Optional<String> domain(String recipient) {
    String domain = recipient.substring(recipient.lastIndexOf('@') + 1);
    if (domain.equals("throws.example")) {
      throw new IllegalStateException("secret detail");
    }
    return domain.equals("nowhere.example")
        ? Optional.empty()
        : Optional.of(domain.toLowerCase(Locale.ROOT));
  }

  /** Connects, and leaves the banner unread. */
  RawClient connect() throws IOException {
    RawClient client = new RawClient(door.address());
    clients.add(client);
    return client;
  }

  /** Connects, reads the banner and says EHLO. */
  RawClient greeted() throws IOException {
    RawClient client = connect();
    client.expect("220 mx.example ESMTP Mailraft");
    client.send("EHLO client.example\r\n");
    client.multiline();
    return client;
  }

  /** Connects and goes as far as one accepted recipient. */
  RawClient addressed() throws IOException {
    RawClient client = greeted();
    client.address();
    return client;
  }

  static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + WAIT_MAX.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("the condition did not come true");
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  @Override
  public void close() throws IOException {
    for (RawClient client : clients) {
      client.close();
    }
    door.close();
  }
}
