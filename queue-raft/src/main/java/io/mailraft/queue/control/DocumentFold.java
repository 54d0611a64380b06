package io.mailraft.queue.control;

import io.mailraft.api.log.SetDocument;
import io.mailraft.queue.raft.Answer;
import io.mailraft.queue.store.Batch;
import io.mailraft.queue.store.Position;
import io.mailraft.queue.store.View;
import java.util.Optional;

/**
 * The part of the control group's state machine that keeps the cluster document.
 *
 * <p>A document replaces the one whose version its author saw (compare-and-set), and becomes the
 * next version. The one before it becomes a past one, of which as many are kept as the record says:
 * who proposes decides that. A record that comes again, because its answer was lost, is known by
 * its token.
 */
final class DocumentFold {
  private DocumentRow present = new DocumentRow(ClusterDocument.NONE, 0);

  /** No version before this one has a row. */
  private long oldest;

  ClusterDocument document() {
    return present.document();
  }

  void load(View view) {
    present =
        view.get(DocumentRow.TABLE, DocumentRow.PRESENT)
            .map(DocumentRow::of)
            .orElseGet(() -> new DocumentRow(ClusterDocument.NONE, 0));
    oldest = document().version();
    view.scan(
        DocumentRow.TABLE,
        DocumentRow.FIRST_PAST,
        DocumentRow.PAST_END,
        (key, value) -> {
          oldest = DocumentRow.of(value).document().version();
          return false;
        });
  }

  /** Makes the next version, unless the author saw another one than the present. */
  Answer set(SetDocument record, Position at, Batch batch) {
    long before = document().version();
    if (record.getExpectedVersion() != before) {
      return made(record, batch)
          ? new Answer.Accepted(at.index(), record.getExpectedVersion() + 1)
          : new Answer.Refused(
              at.index(),
              "the cluster document is at version "
                  + before
                  + ", not "
                  + record.getExpectedVersion());
    }
    if (before > 0) {
      batch.put(DocumentRow.TABLE, DocumentRow.past(before), present.bytes());
    }
    present =
        new DocumentRow(
            new ClusterDocument(
                before + 1,
                record.getYaml(),
                record.getAuthor(),
                at.stampMillis(),
                record.getComment(),
                record.getReroutesMap()),
            record.getToken());
    batch.put(DocumentRow.TABLE, DocumentRow.PRESENT, present.bytes());
    trim(Math.max(1, record.getKeep()), batch);
    return new Answer.Accepted(at.index(), document().version());
  }

  /** Whether this very record made the version that it would make. */
  private boolean made(SetDocument record, Batch batch) {
    long version = record.getExpectedVersion() + 1;
    Optional<DocumentRow> row =
        version == document().version()
            ? Optional.of(present)
            : batch.get(DocumentRow.TABLE, DocumentRow.past(version)).map(DocumentRow::of);
    return record.getToken() != 0
        && row.filter(found -> found.token() == record.getToken()).isPresent();
  }

  /** Removes by number, as a scan would not see what this batch put. */
  private void trim(long keep, Batch batch) {
    long first = Math.max(1, document().version() - keep + 1);
    for (long version = Math.max(1, oldest); version < first; version++) {
      batch.delete(DocumentRow.TABLE, DocumentRow.past(version));
    }
    oldest = Math.max(oldest, first);
  }
}
