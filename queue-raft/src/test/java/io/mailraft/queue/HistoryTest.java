package io.mailraft.queue;

import static io.mailraft.queue.QueueCluster.ZONE;
import static io.mailraft.queue.QueueCluster.await;
import static io.mailraft.queue.QueueCluster.body;
import static io.mailraft.queue.QueueCluster.recipients;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mailraft.api.log.Envelope;
import io.mailraft.api.stored.EventKind;
import io.mailraft.queue.MessageQuery.State;
import io.mailraft.queue.Sink.Manner;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What happened to messages, as somebody sees it who looks: timelines, search, the stream. */
@Execution(ExecutionMode.CONCURRENT)
class HistoryTest {
  private static final Duration SHORT = Duration.ofMillis(20);

  @TempDir private Path directory;

  private static MessageId submit(Queue queue, int recipients, String sender, String... tags)
      throws QueueException {
    try (Upload upload = queue.begin()) {
      upload.write(ByteBuffer.wrap(body(100)));
      upload.commit(
          Envelope.newBuilder()
              .setSender(sender)
              .setNode("n1")
              .setOrigin("192.0.2.1")
              .setAcceptedMillis(upload.id().millis())
              .setMetadata("{\"order\":7}")
              .addAllTags(List.of(tags))
              .build(),
          recipients(recipients));
      return upload.id();
    }
  }

  private static MessageQuery to(String recipient) {
    return new MessageQuery(
        Optional.of(recipient),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        0,
        MessageQuery.MILLIS_END);
  }

  private static MessageQuery from(String sender) {
    return new MessageQuery(
        Optional.empty(),
        Optional.of(sender),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        0,
        MessageQuery.MILLIS_END);
  }

  private static MessageQuery in(String zone, State state) {
    return new MessageQuery(
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.of(zone),
        Optional.of(state),
        0,
        MessageQuery.MILLIS_END);
  }

  private static MessageQuery tagged(String tag, long fromMillis, long toMillis) {
    return new MessageQuery(
        Optional.empty(),
        Optional.empty(),
        Optional.of(tag),
        Optional.empty(),
        Optional.empty(),
        fromMillis,
        toMillis);
  }

  private static List<MessageId> all(History history, MessageQuery query, int limit) {
    List<MessageId> found = new ArrayList<>();
    Optional<MessageId> next = Optional.empty();
    do {
      MessagePage page = history.search(query, next, limit);
      assertThat(page.messages()).hasSizeLessThanOrEqualTo(limit);
      page.messages().forEach(match -> found.add(match.message().id()));
      next = page.next();
    } while (next.isPresent());
    return found;
  }

  private static List<String> read(EventStream stream, int count) throws Exception {
    List<String> seen = new ArrayList<>();
    long end = System.nanoTime() + Patience.MAX.toNanos();
    while (seen.size() < count && System.nanoTime() < end) {
      stream.next(3, SHORT).events().forEach(item -> seen.add(name(item)));
    }
    return seen;
  }

  private static String name(StreamPage.Item item) {
    return item.event().message().id()
        + "/"
        + item.event().place()
        + " "
        + item.event().what().getKind()
        + " "
        + item.event().recipient();
  }

  @Test
  void a_message_tells_its_timeline_while_it_is_open_and_after_its_end() throws Exception {
    try (QueueCluster cluster = new QueueCluster(directory, 1, 1)) {
      Queue queue = cluster.startAll().queue("n1");
      cluster.sink("n1").manner(Manner.DEFER);
      MessageId id = submit(queue, 2, "shop@example.com", "receipt");
      await("deferrals", () -> queue.history().events(id, "", 10).events().size() == 3);
      assertThat(queue.history().message(id).orElseThrow().endedMillis()).isEmpty();
      assertThat(queue.orders().cancel(id, 1, "by the operator: wrong address"))
          .isEqualTo(Orders.Result.DONE);
      cluster.sink("n1").manner(Manner.DELIVER);
      assertThat(queue.orders().sendNow(id, 2, "by the operator: it is urgent"))
          .isEqualTo(Orders.Result.DONE);
      await("the end", () -> queue.history().message(id).orElseThrow().endedMillis().isPresent());

      KeptMessage message = queue.history().message(id).orElseThrow();
      assertThat(message.envelope().getTagsList()).containsExactly("receipt");
      assertThat(message.envelope().getMetadata()).isEqualTo("{\"order\":7}");
      EventPage whole = queue.history().events(id, "", 10);
      assertThat(whole.next()).isEmpty();
      assertThat(whole.events())
          .extracting(event -> event.what().getKind())
          .containsExactly(
              EventKind.EVENT_ACCEPTED,
              EventKind.EVENT_DEFERRED,
              EventKind.EVENT_DEFERRED,
              EventKind.EVENT_CANCELLED,
              EventKind.EVENT_RESUMED,
              EventKind.EVENT_DELIVERED);
      assertThat(whole.events().get(3).what().getReply())
          .isEqualTo("by the operator: wrong address");
      assertThat(whole.events().get(4).what().getReply())
          .isEqualTo("by the operator: it is urgent");
      assertThat(whole.events().getLast().recipient()).isEqualTo("user2@d2.example");
      assertThat(whole.events().getLast().what().getNumber()).isEqualTo(2);

      List<MessageEvent> paged = new ArrayList<>();
      Optional<String> next = Optional.of("");
      while (next.isPresent()) {
        EventPage page = queue.history().events(id, next.get(), 2);
        paged.addAll(page.events());
        next = page.next();
      }
      assertThat(paged).isEqualTo(whole.events());
    }
  }

  @Test
  void search_finds_open_and_ended_messages_of_all_shards_the_newest_first_in_pages_of_any_size()
      throws Exception {
    try (QueueCluster cluster = new QueueCluster(directory, 1, 2)) {
      Queue queue = cluster.startAll().queue("n1");
      History history = queue.history();
      cluster.sink("n1").manner(Manner.DELIVER);
      List<MessageId> shop = new ArrayList<>();
      List<MessageId> news = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        shop.addFirst(submit(queue, 1 + i % 2, "shop@example.com", "receipt", "t" + i));
        news.addFirst(submit(queue, 3, "News@example.com"));
      }
      cluster.awaitEmpty();
      cluster.sink("n1").manner(Manner.DEFER);
      MessageId open = submit(queue, 2, "shop@example.com", "receipt");
      shop.addFirst(open);
      await("deferrals", () -> queue.inspection().zone(ZONE).deferred() == 2);
      List<MessageId> every = new ArrayList<>(shop);
      every.addAll(news);
      every.sort((a, b) -> b.compareTo(a));

      for (int limit : new int[] {1, 5, 1000}) {
        assertThat(all(history, MessageQuery.ALL, limit)).isEqualTo(every);
        assertThat(all(history, to("user1@d1.example"), limit)).isEqualTo(every);
        assertThat(all(history, to("USER3@d0.example"), limit)).isEqualTo(news);
        assertThat(all(history, to("@d0.example"), limit)).isEqualTo(news);
        assertThat(all(history, from("news@example.com"), limit)).isEqualTo(news);
        assertThat(all(history, tagged("receipt", 0, MessageQuery.MILLIS_END), limit))
            .isEqualTo(shop);
        assertThat(all(history, in(ZONE, State.DEFERRED), limit)).containsExactly(open);
        assertThat(all(history, in(ZONE, State.DELIVERED), limit))
            .isEqualTo(every.stream().filter(id -> !id.equals(open)).toList());
        assertThat(all(history, in("other", State.DELIVERED), limit)).isEmpty();
        assertThat(all(history, to("nobody@d0.example"), limit)).isEmpty();
      }
      long middle = shop.get(5).millis();
      assertThat(all(history, tagged("receipt", middle, MessageQuery.MILLIS_END), 3))
          .isEqualTo(shop.stream().filter(id -> id.millis() >= middle).toList());
      assertThat(all(history, tagged("receipt", 0, middle), 3))
          .isEqualTo(shop.stream().filter(id -> id.millis() < middle).toList());
      assertThat(history.search(to("user2@d2.example"), Optional.empty(), 1).messages().getFirst())
          .satisfies(
              match ->
                  assertThat(match.deliveries())
                      .extracting(ListedDelivery::seq)
                      .containsExactly(2));
    }
  }

  @Test
  void the_stream_is_the_same_on_every_node_and_goes_on_anywhere_with_nothing_missed_or_twice()
      throws Exception {
    try (QueueCluster cluster = new QueueCluster(directory, 3, 2)) {
      cluster.startAll();
      cluster.sink("n1").manner(Manner.DELIVER);
      cluster.sink("n2").manner(Manner.DELIVER);
      cluster.sink("n3").manner(Manner.DELIVER);
      StreamPlace start = cluster.queue("n1").history().now();
      for (int i = 0; i < 10; i++) {
        submit(cluster.queue("n" + (1 + i % 3)), 1 + i % 2, "a@example.com");
      }
      cluster.awaitEmpty();
      int events = 10 + 15;
      List<StreamPage.Item> first = new ArrayList<>();
      EventStream stream = cluster.queue("n1").history().follow(start);
      while (first.size() < 11) {
        first.addAll(stream.next(4, SHORT).events());
      }
      cluster.stop("n1");
      for (int i = 0; i < 6; i++) {
        submit(cluster.queue("n2"), 1, "b@example.com");
      }
      cluster.awaitEmpty();
      StreamPlace place = StreamPlace.parse(first.get(10).place().toString());
      List<String> seen = new ArrayList<>(first.stream().limit(11).map(HistoryTest::name).toList());
      seen.addAll(read(cluster.queue("n3").history().follow(place), events - 11 + 12));
      assertThat(seen).doesNotHaveDuplicates().hasSize(events + 12);
      assertThat(seen)
          .containsExactlyInAnyOrderElementsOf(
              read(cluster.queue("n2").history().follow(start), events + 12));
    }
  }

  @Test
  void a_reader_that_waits_hears_of_an_event_without_asking() throws Exception {
    try (QueueCluster cluster = new QueueCluster(directory, 1, 2)) {
      Queue queue = cluster.startAll().queue("n1");
      EventStream stream = queue.history().follow(queue.history().now());
      assertThat(stream.next(5, Duration.ofMillis(1)).events()).isEmpty();
      Thread submitting =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      submit(queue, 1, "a@example.com");
                    } catch (QueueException e) {
                      throw new IllegalStateException(e);
                    }
                  });
      List<String> seen = read(stream, 1);
      submitting.join();
      assertThat(seen).hasSize(1);
      assertThat(seen.getFirst()).contains("EVENT_ACCEPTED");
    }
  }

  @Test
  void a_reader_of_a_still_cluster_leaves_nothing_behind_by_looking_again_and_again()
      throws Exception {
    try (QueueCluster cluster = new QueueCluster(directory, 1, 2)) {
      Queue queue = cluster.startAll().queue("n1");
      try (EventStream stream = queue.history().follow(queue.history().now())) {
        assertThat(stream.next(5, SHORT).events()).isEmpty();
        int hanging = stream.hanging();
        for (int i = 0; i < 200; i++) {
          assertThat(stream.next(5, Duration.ofNanos(1)).events()).isEmpty();
        }
        // One for each of the two shards, and what the replica itself hangs on it.
        assertThat(stream.hanging()).isLessThanOrEqualTo(Math.max(hanging, 4));
      }
    }
  }

  @Test
  void a_place_is_read_as_it_is_written_and_anything_else_is_refused() {
    for (String text : List.of("0", "7", "7.0", "12.3-4", "1-2-3.999")) {
      assertThat(StreamPlace.parse(text)).hasToString(text);
    }
    List<String> wrong = new ArrayList<>(List.of("", "-", "a", "1.", ".1", "1.2.3", "1--2", "-1"));
    wrong.add(String.join("-", IntStream.range(0, 257).mapToObj(i -> "1").toList()));
    for (String text : wrong) {
      assertThatThrownBy(() -> StreamPlace.parse(text))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("is not the id of an event");
    }
  }
}
