package io.mailraft.queue;

import io.mailraft.queue.shard.ShardHistory.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A place in the stream of events: one in the log of each shard. Every node has the same logs, so
 * it is the same place on each.
 *
 * @param shards a place for each shard, in their order
 */
public record StreamPlace(List<Place> shards) {
  private static final int SHARDS_MAX = 256;
  private static final Pattern PLACE = Pattern.compile("([0-9]{1,18})(?:\\.([0-9]{1,9}))?");

  public StreamPlace {
    shards = List.copyOf(shards);
  }

  /**
   * Reads what {@link #toString} writes.
   *
   * @throws IllegalArgumentException if it is anything else; the message says what is needed
   */
  public static StreamPlace parse(String text) {
    List<Place> places = new ArrayList<>();
    for (String part : text.split("-", SHARDS_MAX + 1)) {
      Matcher matcher = PLACE.matcher(part);
      if (!matcher.matches() || places.size() >= SHARDS_MAX) {
        throw new IllegalArgumentException(
            "'" + text + "' is not the id of an event: log places such as 120.3, joined by -");
      }
      String ordinal = matcher.group(2);
      places.add(
          new Place(
              Long.parseLong(matcher.group(1)), ordinal == null ? -1 : Integer.parseInt(ordinal)));
    }
    return new StreamPlace(places);
  }

  /** The place in a shard; its start where the shard is newer than this place. */
  Place of(int shard) {
    return shard < shards.size() ? shards.get(shard) : Place.START;
  }

  StreamPlace with(int shard, Place place) {
    List<Place> moved = new ArrayList<>(shards);
    while (moved.size() <= shard) {
      moved.add(Place.START);
    }
    moved.set(shard, place);
    return new StreamPlace(moved);
  }

  @Override
  public String toString() {
    return shards.stream().map(StreamPlace::format).collect(Collectors.joining("-"));
  }

  static String format(Place place) {
    return place.ordinal() < 0 ? "" + place.index() : place.index() + "." + place.ordinal();
  }
}
