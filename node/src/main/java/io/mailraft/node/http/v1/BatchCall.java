package io.mailraft.node.http.v1;

import com.fasterxml.jackson.core.JsonGenerator;
import com.linecorp.armeria.common.HttpStatus;
import io.mailraft.node.http.exchange.Calls;
import io.mailraft.node.http.exchange.Exchange;
import io.mailraft.node.http.exchange.Fault;
import io.mailraft.node.http.exchange.Faults;
import io.mailraft.node.http.exchange.RefusedException;
import io.mailraft.node.http.mail.BodyCheck;
import io.mailraft.node.http.mail.Caller;
import io.mailraft.node.http.mail.Front;
import io.mailraft.node.json.InputException;
import io.mailraft.node.json.JsonReader;
import io.mailraft.node.json.JsonTree;
import io.mailraft.node.spool.Spool;
import io.mailraft.node.spool.SpoolFile;
import io.mailraft.queue.QueueException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/**
 * POST /v1/messages/batch: many messages in one request, each with a result of its own.
 *
 * <p>The text is held in memory while it is served, within a bound for all batches together. Its
 * messages are taken a few at a time, so that they share entries of the log, and each by itself, as
 * if it had come alone.
 */
final class BatchCall implements Calls.Call {
  static final String DATA = "data";
  static final int MESSAGES_MAX = 1_000;
  static final int BODY_BYTES_MAX = 16 << 20;

  /** Heap that one message of a batch may want while it is merged and written, in bytes. */
  private static final long MESSAGE_BYTES = 8 << 20;

  private static final int PERMIT_BYTES = 64 << 10;
  private static final int STRING_CHARS_MAX = 1 << 20;
  private static final Duration BUSY_WAIT = Duration.ofSeconds(1);

  private final Front front;
  private final Spool spools;
  private final MessageIntake intake;
  private final Semaphore memory;

  /** Messages that are on their way at a time, of all batches together. */
  private final Semaphore places;

  /**
   * @param memoryBytes memory for all batches together, in bytes: half for texts, half for the rest
   */
  BatchCall(Front front, Spool spools, MessageIntake intake, long memoryBytes) {
    this.front = front;
    this.spools = spools;
    this.intake = intake;
    this.memory =
        new Semaphore((int) (Math.clamp(memoryBytes / 2, BODY_BYTES_MAX, 1L << 40) / PERMIT_BYTES));
    this.places = new Semaphore(Math.clamp(memoryBytes / 2 / MESSAGE_BYTES, 4, 32), true);
  }

  /** What became of a message. */
  private sealed interface Result {
    record Accepted(MessageIntake.Taken taken) implements Result {}

    record Refused(Fault fault) implements Result {}
  }

  @Override
  public void serve(Exchange exchange) throws IOException, QueueException {
    BodyCheck.json(exchange, front);
    Caller caller = Caller.of(exchange, front.trusted());
    Optional<RequestName> name = RequestName.of(exchange, caller);
    long announced = exchange.contentLength().orElse(BODY_BYTES_MAX);
    if (announced > BODY_BYTES_MAX) {
      throw tooLarge();
    }
    int permits = Math.ceilDiv((int) Math.max(1, announced), PERMIT_BYTES);
    if (!memory.tryAcquire(permits)) {
      throw new RefusedException(
          HttpStatus.SERVICE_UNAVAILABLE,
          "Busy",
          "too many batches are being served, try again later",
          Optional.of(BUSY_WAIT));
    }
    List<Result> results;
    try {
      results = results(body(exchange.body(), (int) announced), caller, name);
    } finally {
      memory.release(permits);
    }
    exchange.json(HttpStatus.OK, json -> answer(json, results));
  }

  private static InputException tooLarge() {
    return new InputException(
        InputException.Fault.TOO_LARGE,
        "a batch has at most " + BODY_BYTES_MAX + " bytes; send it in parts");
  }

  private static byte[] body(InputStream in, int announced) throws IOException {
    byte[] text = in.readNBytes(announced);
    if (text.length == announced && in.read() >= 0) {
      throw tooLarge();
    }
    return text;
  }

  private List<Result> results(byte[] text, Caller caller, Optional<RequestName> name)
      throws IOException {
    BatchReader.Parts parts = BatchReader.read(text, text.length);
    Optional<JsonTree.Fields> template = Optional.empty();
    if (parts.template().isPresent()) {
      template = Optional.of(tree(text, parts.template().get()));
    }
    List<Future<Result>> running = new ArrayList<>();
    List<Result> results = new ArrayList<>();
    try (ExecutorService threads =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("batch-", 0).factory())) {
      for (int i = 0; i < parts.messages().size(); i++) {
        int index = i;
        Optional<JsonTree.Fields> shared = template;
        running.add(
            threads.submit(
                () -> {
                  places.acquire();
                  try {
                    return result(text, parts.messages().get(index), shared, index, caller, name);
                  } finally {
                    places.release();
                  }
                }));
      }
      for (Future<Result> one : running) {
        results.add(one.get());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted within a batch", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("a message of a batch", e);
    }
    return results;
  }

  private Result result(
      byte[] text,
      BatchReader.Stretch part,
      Optional<JsonTree.Fields> template,
      int index,
      Caller caller,
      Optional<RequestName> name) {
    try {
      Optional<RequestName> own = name.map(whole -> whole.item(index));
      JsonTree.Fields item = tree(text, part);
      InputStream message = new ByteArrayInputStream(text, part.offset(), part.length());
      if (template.isPresent() || item.fields().containsKey(DATA)) {
        JsonTree.Fields shared = template.orElseGet(() -> new JsonTree.Fields(Map.of()));
        message = new ByteArrayInputStream(Merge.message(shared, item));
      }
      return new Result.Accepted(intake.take(message, caller, own));
    } catch (IOException | QueueException | RuntimeException e) {
      return new Result.Refused(Faults.of(e, "message " + index + " of a batch"));
    }
  }

  private JsonTree.Fields tree(byte[] text, BatchReader.Stretch part) throws IOException {
    try (SpoolFile spool = spools.begin();
        JsonReader reader =
            new JsonReader(
                new ByteArrayInputStream(text, part.offset(), part.length()),
                spool,
                BODY_BYTES_MAX)) {
      reader.next();
      JsonTree tree = JsonTree.read(reader, STRING_CHARS_MAX);
      reader.end();
      if (tree instanceof JsonTree.Fields fields) {
        return fields;
      }
      throw reader.wrong("an object is needed");
    }
  }

  private static void answer(JsonGenerator json, List<Result> results) throws IOException {
    json.writeStartObject();
    json.writeNumberField(
        "accepted", results.stream().filter(Result.Accepted.class::isInstance).count());
    json.writeNumberField(
        "refused", results.stream().filter(Result.Refused.class::isInstance).count());
    json.writeArrayFieldStart("results");
    for (int i = 0; i < results.size(); i++) {
      json.writeStartObject();
      switch (results.get(i)) {
        case Result.Accepted(MessageIntake.Taken taken) -> {
          json.writeNumberField("status", HttpStatus.ACCEPTED.code());
          MessagesCall.fields(json, taken);
        }
        case Result.Refused(Fault fault) -> {
          String item = "messages[" + i + "]";
          Problem.fields(
              json,
              fault,
              "/v1/messages/batch#" + item,
              fault.path().map(path -> item + "." + path));
        }
      }
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }
}
