package io.mailraft.delivery;

import io.mailraft.config.DeliveryConfig;
import io.mailraft.config.DnsConfig;
import io.mailraft.config.ZoneConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;

/**
 * Measures deliveries per second to a sink that runs already: port, seconds, connections, body
 * bytes. Prints a line per second and the CPU time per delivery of this process.
 */
public final class DeliveryBench {
  private static final int WINDOW = 400;

  private DeliveryBench() {}

  /** Runs with the arguments of the class's page. */
  public static void main(String[] arguments) throws InterruptedException {
    int port = Integer.parseInt(arguments[0]);
    int seconds = Integer.parseInt(arguments[1]);
    int connections = Integer.parseInt(arguments[2]);
    byte[] body = new byte[Integer.parseInt(arguments[3])];
    Arrays.fill(body, (byte) 'x');
    for (int i = 62; i + 1 < body.length; i += 64) {
      body[i] = '\r';
      body[i + 1] = '\n';
    }
    LongAdder delivered = new LongAdder();
    LongAdder others = new LongAdder();
    Semaphore window = new Semaphore(WINDOW);
    Outcomes outcomes =
        outcome -> {
          if (outcome instanceof Outcome.Delivered) {
            delivered.increment();
          } else {
            others.increment();
          }
          window.release();
        };
    Duration timeout = Duration.ofSeconds(60);
    DeliveryConfig config =
        new DeliveryConfig(
            Optional.empty(),
            List.of(timeout),
            timeout.multipliedBy(100),
            timeout,
            timeout,
            timeout,
            timeout,
            timeout,
            timeout,
            timeout,
            100,
            50);
    DeliverySettings settings =
        new DeliverySettings(
            config,
            new DnsConfig(List.of(), timeout),
            List.of(InetAddress.ofLiteral("127.0.0.1")),
            "mx.example",
            false);
    try (DeliveryEngine engine =
        new DeliveryEngine(
            settings,
            id -> new OneChunk(body),
            epoch -> true,
            outcomes,
            Throttling.NONE,
            new Hunger(),
            new SimpleMeterRegistry())) {
      engine.zones(
          Map.of(
              "default",
              Rig.plan(new ZoneConfig("default", connections, Optional.of("127.0.0.1"), port))));
      MessageFacts facts =
          new MessageFacts(
              "a@from.example",
              body.length,
              false,
              false,
              "client.example",
              "192.0.2.1",
              "",
              "ESMTP",
              "",
              "",
              System.nanoTime());
      long start = System.nanoTime();
      long lastNanos = start;
      long lastCount = 0;
      long lastCpu = cpuNanos();
      long number = 0;
      while (System.nanoTime() - start < seconds * 1_000_000_000L) {
        int batch = 20;
        window.acquire(batch);
        List<Claim> claims = new ArrayList<>(batch);
        for (int i = 0; i < batch; i++) {
          claims.add(
              Claims.fresh(
                  String.format("%018x", ++number),
                  1,
                  1,
                  "default",
                  "to.example",
                  "b@to.example",
                  facts,
                  0,
                  Optional.empty()));
        }
        engine.offer(claims);
        long now = System.nanoTime();
        if (now - lastNanos > 1_000_000_000L) {
          long count = delivered.sum();
          long cpu = cpuNanos();
          System.out.printf(
              "%d/s, %.1f us CPU each, %d others%n",
              (count - lastCount) * 1_000_000_000L / (now - lastNanos),
              (cpu - lastCpu) / 1e3 / Math.max(1, count - lastCount),
              others.sum());
          lastNanos = now;
          lastCount = count;
          lastCpu = cpu;
        }
      }
    }
  }

  private static long cpuNanos() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? system.getProcessCpuTime()
        : 0;
  }

  private static final class OneChunk implements Bodies.Body {
    private byte[] rest;

    private OneChunk(byte[] body) {
      this.rest = body;
    }

    @Override
    public byte[] next() {
      byte[] chunk = rest;
      rest = new byte[0];
      return chunk;
    }

    @Override
    public void close() {}
  }
}
