package io.mailraft.queue.shard;

import io.mailraft.queue.store.Table;
import io.mailraft.queue.store.View;
import java.util.Optional;

/** Counts the rows that are read. */
final class CountingView implements View {
  private final View to;
  private long rows;

  CountingView(View to) {
    this.to = to;
  }

  long rows() {
    return rows;
  }

  @Override
  public Optional<byte[]> get(Table table, byte[] key) {
    rows++;
    return to.get(table, key);
  }

  @Override
  public void scan(Table table, byte[] from, byte[] end, Visitor visitor) {
    to.scan(
        table,
        from,
        end,
        (key, value) -> {
          rows++;
          return visitor.visit(key, value);
        });
  }

  @Override
  public void scanDown(Table table, byte[] from, byte[] end, Visitor visitor) {
    throw new UnsupportedOperationException("nothing here scans down");
  }
}
