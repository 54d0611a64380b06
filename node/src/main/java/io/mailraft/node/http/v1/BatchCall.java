package io.mailraft.node.http.v1;

import com.linecorp.armeria.common.HttpStatus;
import io.mailraft.node.heap.HeapBudget;
import io.mailraft.node.heap.HeapShare;
import io.mailraft.node.http.exchange.Calls;
import io.mailraft.node.http.exchange.Exchange;
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
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * POST /v1/messages/batch: many messages in one request, each with a result of its own.
 *
 * <p>The text, what is merged of it and the results are spooled; in memory are the template and the
 * few messages that are on their way, within a bound for all batches together. Messages are taken a
 * few at a time, so that they share entries of the log, and each by itself, as if it had come
 * alone.
 */
final class BatchCall implements Calls.Call {
  static final String DATA = "data";
  static final int MESSAGES_MAX = 1_000;
  static final int BODY_BYTES_MAX = 16 << 20;

  private static final int BLOCK_BYTES = 16 << 10;
  private static final int STRING_CHARS_MAX = 1 << 20;
  private static final HeapBudget SET_ASIDE = new HeapBudget(Long.MAX_VALUE);
  private static final Duration BUSY_WAIT = Duration.ofSeconds(1);

  private final Front front;
  private final Spool spools;
  private final MessageIntake intake;
  private final BatchMemory memory;

  /**
   * @param memoryBytes memory for all batches together, in bytes
   */
  BatchCall(Front front, Spool spools, MessageIntake intake, long memoryBytes) {
    this.front = front;
    this.spools = spools;
    this.intake = intake;
    this.memory = new BatchMemory(memoryBytes);
  }

  /** What all messages of a batch share. */
  private record Shared(
      SpoolFile text,
      Optional<JsonTree.Fields> template,
      int templateBytes,
      Caller caller,
      Optional<RequestName> name,
      BatchAnswer answer) {}

  @Override
  public void serve(Exchange exchange) throws IOException, QueueException {
    BodyCheck.json(exchange, front);
    Caller caller = Caller.of(exchange, front.trusted());
    Optional<RequestName> name = RequestName.of(exchange, caller);
    if (exchange.contentLength().orElse(0) > BODY_BYTES_MAX) {
      throw tooLarge();
    }
    try (SpoolFile text = spools.begin();
        SpoolFile results = spools.begin()) {
      receive(exchange.body(), text);
      BatchReader.Parts parts = BatchReader.read(text.read(0, text.size()));
      BatchAnswer answer = new BatchAnswer(results, parts.messages().size());
      int templateBytes = parts.template().map(BatchReader.Stretch::length).orElse(0);
      if (!memory.takeTemplate(templateBytes)) {
        throw new RefusedException(
            HttpStatus.SERVICE_UNAVAILABLE,
            "Busy",
            "too many batches are being served, try again later",
            Optional.of(BUSY_WAIT));
      }
      try {
        Optional<JsonTree.Fields> template = Optional.empty();
        if (parts.template().isPresent()) {
          template = Optional.of(tree(text, parts.template().get()));
        }
        take(parts.messages(), new Shared(text, template, templateBytes, caller, name, answer));
      } finally {
        memory.giveBackTemplate(templateBytes);
      }
      answer.send(exchange);
    }
  }

  private static InputException tooLarge() {
    return new InputException(
        InputException.Fault.TOO_LARGE,
        "a batch has at most " + BODY_BYTES_MAX + " bytes; send it in parts");
  }

  private static void receive(InputStream in, SpoolFile text) throws IOException {
    byte[] block = new byte[BLOCK_BYTES];
    for (int count = in.read(block); count >= 0; count = in.read(block)) {
      if (text.size() + count > BODY_BYTES_MAX) {
        throw tooLarge();
      }
      text.write(block, 0, count);
    }
  }

  /** Takes all messages. Returns once each has its result. */
  private void take(List<BatchReader.Item> items, Shared shared) throws IOException {
    List<Future<?>> running = new ArrayList<>();
    try (ExecutorService threads =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("batch-", 0).factory())) {
      for (int i = 0; i < items.size(); i++) {
        int index = i;
        running.add(
            threads.submit(
                () -> {
                  BatchReader.Item item = items.get(index);
                  int bytes = item.stretch().length() + shared.templateBytes();
                  memory.takeMessage(bytes);
                  try {
                    take(item, index, shared);
                  } finally {
                    memory.giveBackMessage(bytes);
                  }
                  return index;
                }));
      }
      for (Future<?> one : running) {
        one.get();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted within a batch", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException unwritten) {
        throw new IOException("the results of a batch cannot be written", unwritten);
      }
      throw new IllegalStateException("a message of a batch", e);
    }
  }

  /** Takes a message. Whatever becomes of it is its own result, and no other's. */
  private void take(BatchReader.Item item, int index, Shared shared) throws IOException {
    MessageIntake.Taken taken;
    try {
      taken = taken(item, index, shared);
    } catch (IOException | QueueException | RuntimeException e) {
      shared.answer().refused(index, Faults.of(e, request(index)));
      return;
    } catch (Error e) {
      shared.answer().refused(index, Faults.of(new IllegalStateException(e), request(index)));
      return;
    }
    shared.answer().accepted(index, taken);
  }

  private static String request(int index) {
    return "message " + index + " of a batch";
  }

  private MessageIntake.Taken taken(BatchReader.Item item, int index, Shared shared)
      throws IOException, QueueException {
    Optional<RequestName> own = shared.name().map(whole -> whole.item(index));
    if (shared.template().isEmpty() && !item.hasData()) {
      try (HeapShare heap = heap()) {
        return intake.take(open(shared.text(), item.stretch()), shared.caller(), own, heap);
      }
    }
    JsonTree.Fields fields = tree(shared.text(), item.stretch());
    try (HeapShare heap = heap();
        SpoolFile merged = spools.begin()) {
      try (OutputStream out = merged.output()) {
        Merge.message(
            shared.template().orElseGet(() -> new JsonTree.Fields(Map.of())), fields, out);
      }
      return intake.take(merged.read(0, merged.size()), shared.caller(), own, heap);
    }
  }

  /** {@link BatchMemory} has set it aside already. */
  private static HeapShare heap() {
    return SET_ASIDE.share("batches");
  }

  private static InputStream open(SpoolFile text, BatchReader.Stretch part) {
    return text.read(part.offset(), part.length());
  }

  private JsonTree.Fields tree(SpoolFile text, BatchReader.Stretch part) throws IOException {
    try (HeapShare heap = heap();
        SpoolFile spool = spools.begin();
        JsonReader reader = new JsonReader(open(text, part), spool, heap, BODY_BYTES_MAX)) {
      reader.next();
      JsonTree tree = JsonTree.read(reader, STRING_CHARS_MAX);
      reader.end();
      if (tree instanceof JsonTree.Fields fields) {
        return fields;
      }
      throw reader.wrong("an object is needed");
    }
  }
}
