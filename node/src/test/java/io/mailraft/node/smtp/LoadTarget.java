package io.mailraft.node.smtp;

import io.mailraft.config.HostPort;
import io.mailraft.node.access.Keepers;
import io.mailraft.node.heap.HeapBudget;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Optional;

/**
 * A listener on a queue that keeps nothing, to be loaded from outside: {@code smtp-source -s 20 -l
 * 2048 host:port}.
 */
final class LoadTarget {
  private LoadTarget() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    Settings settings = new Settings();
    settings.maxMessageBytes = 1L << 33;
    settings.listen = HostPort.parse(arguments.length > 0 ? arguments[0] : "127.0.0.1:2525");
    try (SmtpFrontDoor door =
        new SmtpFrontDoor(
            settings.config(),
            new MemoryUploads(false),
            submission -> domain -> Listener.zone("default"),
            recipient -> Optional.of(recipient.substring(recipient.lastIndexOf('@') + 1)),
            "n1",
            InstantSource.system(),
            new RecordedEvents(false),
            Keepers.NONE,
            HeapBudget.ofHeap())) {
      door.start();
      Thread.currentThread().join();
    }
  }
}
