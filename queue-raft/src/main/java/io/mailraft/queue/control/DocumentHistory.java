package io.mailraft.queue.control;

import io.mailraft.queue.store.View;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The versions of the cluster document that a replica keeps, read from its database. The texts of
 * all of them need not fit into memory at once.
 */
public final class DocumentHistory {

  /**
   * A version without its text.
   *
   * @param stampMillis when it was set, Unix milliseconds
   * @param yamlBytes size of its text in UTF-8
   */
  public record Version(
      long version, String author, long stampMillis, String comment, int yamlBytes) {}

  private final View view;

  public DocumentHistory(View view) {
    this.view = view;
  }

  /** A version, present or past; empty where it is not kept, or was never there. */
  public Optional<ClusterDocument> version(long version) {
    // The present one first: it may become a past one in between, and not the other way round.
    return read(DocumentRow.PRESENT)
        .filter(present -> present.version() == version)
        .or(() -> read(DocumentRow.past(version)));
  }

  private Optional<ClusterDocument> read(byte[] key) {
    return view.get(DocumentRow.TABLE, key).map(row -> DocumentRow.of(row).document());
  }

  /** Every version, the newest first. */
  public List<Version> versions() {
    List<Version> versions = new ArrayList<>();
    // The present one first: if it becomes a past one in between, it is left out there.
    read(DocumentRow.PRESENT).ifPresent(present -> versions.add(version(present)));
    long newest = versions.isEmpty() ? 0 : versions.getFirst().version();
    view.scan(
        DocumentRow.TABLE,
        DocumentRow.FIRST_PAST,
        DocumentRow.past(newest),
        (key, value) -> {
          versions.add(Math.min(1, versions.size()), version(DocumentRow.of(value).document()));
          return true;
        });
    return versions;
  }

  private static Version version(ClusterDocument document) {
    return new Version(
        document.version(),
        document.author(),
        document.stampMillis(),
        document.comment(),
        document.yaml().getBytes(StandardCharsets.UTF_8).length);
  }
}
