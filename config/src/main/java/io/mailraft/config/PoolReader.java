package io.mailraft.config;

import java.net.InetAddress;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;

/**
 * Reads what zones say of their pools: {@code pool}, {@code ipv6} and {@code poolHash}. One for
 * each document: sends in a warm-up are counted by address, so all pools must say the same of it.
 */
final class PoolReader {
  /** Weight of a source that names none. */
  static final int WEIGHT = 1;

  private static final int WEIGHT_MAX = 1000;
  private static final int SOURCES_MAX = 4096;
  private static final int DAYS_MAX = 366;
  private static final int PER_DAY_MAX = 1_000_000_000;
  private static final Pattern DATE = Pattern.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}");
  private static final Pattern NUMBER = Pattern.compile("[1-9][0-9]{0,9}");
  private static final String BROADCAST = "255.255.255.255";

  /** The first source of each address. */
  private final Map<InetAddress, First> firsts = new HashMap<>();

  private record First(Optional<WarmUp> warmUp, String zone, int line) {}

  ZonePool read(String name, Section zone) {
    List<PoolSource> sources = new ArrayList<>();
    Map<InetAddress, Integer> lines = new HashMap<>();
    for (Section entry : zone.entries("pool", SOURCES_MAX)) {
      source(entry)
          .ifPresent(
              source -> {
                sources.add(source);
                int line = entry.line("address");
                Integer first = lines.putIfAbsent(source.address(), line);
                if (first != null) {
                  entry.refuse(
                      "address",
                      source.address().getHostAddress()
                          + " is in this pool already, in line "
                          + first
                          + "; give one of the two more weight instead");
                }
                sameWarmUp(source, name, entry);
              });
    }
    return new ZonePool(
        sources,
        zone.word("ipv6", ZonePool.NONE.ipv6(), ZonePool.Ipv6.class),
        zone.word("poolHash", ZonePool.NONE.hash(), ZonePool.PoolHash.class));
  }

  private void sameWarmUp(PoolSource source, String zone, Section entry) {
    int line = entry.line("address");
    First first =
        firsts.computeIfAbsent(source.address(), at -> new First(source.warmUp(), zone, line));
    if (!first.warmUp().equals(source.warmUp())) {
      entry.refuse(
          entry.has("warmup") ? "warmup" : "address",
          "the pool of zone %s, in line %d, says %s of %s; its sends are counted together, so every pool must say the same"
              .formatted(
                  first.zone(),
                  first.line(),
                  first.warmUp().isEmpty()
                      ? "nothing of a warm-up"
                      : entry.has("warmup") ? "another warm-up" : "a warm-up",
                  source.address().getHostAddress()));
    }
  }

  /** A source; empty where its address cannot be used. */
  private static Optional<PoolSource> source(Section section) {
    if (section.isShaped() && !section.has("address")) {
      section.refuse("address", "missing; a source is { address: 192.0.2.10, name: a.mx.example }");
    }
    Optional<InetAddress> address = section.value("address", PoolReader::address);
    Optional<String> name = section.value("name", PoolReader::name);
    int weight = section.integer("weight", WEIGHT, 1, WEIGHT_MAX);
    Optional<WarmUp> warmUp = warmUp(section);
    section.end();
    return address.map(found -> new PoolSource(found, name, weight, warmUp));
  }

  private static InetAddress address(String text) {
    InetAddress address =
        HostSyntax.literal(text)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        Problems.quoted(text)
                            + " is not an address, like 192.0.2.1 or 2001:db8::1"));
    if (address.isAnyLocalAddress()
        || address.isMulticastAddress()
        || address.getHostAddress().equals(BROADCAST)) {
      throw new IllegalArgumentException(
          text + " is no address to send from; give one that a node owns");
    }
    return address;
  }

  private static String name(String text) {
    if (!HostSyntax.isName(text)) {
      throw new IllegalArgumentException(
          Problems.quoted(text) + " is not a host name, like a.mx.example");
    }
    return text;
  }

  private static Optional<WarmUp> warmUp(Section source) {
    Section section = source.section("warmup");
    if (!source.has("warmup")) {
      return Optional.empty();
    }
    for (String key : List.of("start", "perDay")) {
      if (section.isShaped() && !section.has(key)) {
        section.refuse(
            key, "missing; a warm-up is { start: 2026-01-01, perDay: [50, 100, 500, 2000] }");
      }
    }
    Optional<LocalDate> start = section.value("start", PoolReader::date);
    AtomicInteger before = new AtomicInteger();
    List<Integer> perDay =
        section.list("perDay", List.of(), DAYS_MAX, text -> perDay(text, before));
    if (perDay.isEmpty() && section.has("perDay") && section.isSound("perDay")) {
      section.refuse("perDay", "is empty; give the sends of each day, like [50, 100, 500]");
    }
    section.end();
    return start.map(day -> new WarmUp(day, perDay));
  }

  private static LocalDate date(String text) {
    if (DATE.matcher(text).matches()) {
      try {
        return LocalDate.parse(text);
      } catch (DateTimeException e) {
        throw new IllegalArgumentException(notADay(text), e);
      }
    }
    throw new IllegalArgumentException(notADay(text));
  }

  private static String notADay(String text) {
    return Problems.quoted(text) + " is not a day, like 2026-01-31";
  }

  /** A warm-up only climbs: a smaller number after a greater one is a slip of the pen. */
  private static int perDay(String text, AtomicInteger before) {
    if (!NUMBER.matcher(text).matches() || Long.parseLong(text) > PER_DAY_MAX) {
      throw new IllegalArgumentException(
          Problems.quoted(text) + " is not a number of sends, 1 to " + PER_DAY_MAX);
    }
    int count = Integer.parseInt(text);
    int last = before.getAndSet(count);
    if (count < last) {
      throw new IllegalArgumentException(
          count + " comes after " + last + "; no day takes less than the one before it");
    }
    return count;
  }
}
