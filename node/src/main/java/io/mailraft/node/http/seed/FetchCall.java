package io.mailraft.node.http.seed;

import com.linecorp.armeria.common.MediaType;
import io.mailraft.node.http.exchange.Calls;
import io.mailraft.node.http.exchange.Exchange;
import io.mailraft.queue.Content;
import io.mailraft.queue.Inspection;
import io.mailraft.queue.OpenMessage;
import io.mailraft.queue.QueueException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.OptionalLong;

/** GET /fetch/{id}: a message as it is stored, or its body alone with {@code ?body=yes}. */
final class FetchCall implements Calls.Call {
  private static final MediaType RFC822 = MediaType.create("message", "rfc822");

  private final Inspection inspection;

  FetchCall(Inspection inspection) {
    this.inspection = inspection;
  }

  @Override
  public void serve(Exchange exchange) throws IOException, QueueException {
    OpenMessage message = Messages.find(exchange, inspection);
    boolean bodyAlone = exchange.query("body").filter("yes"::equalsIgnoreCase).isPresent();
    long skip = bodyAlone ? StoredHeader.read(inspection.content(message.id())).bytes() : 0;
    Content content = inspection.content(message.id());
    byte[] chunk = content.next();
    // From here on an error can only break the answer off, short of its announced length.
    OutputStream out = exchange.stream(RFC822, OptionalLong.of(message.contentBytes() - skip));
    while (chunk.length > 0) {
      int from = (int) Math.min(skip, chunk.length);
      skip -= from;
      out.write(chunk, from, chunk.length - from);
      chunk = content.next();
    }
    out.close();
  }
}
