package io.mailraft.queue.control;

import com.google.protobuf.InvalidProtocolBufferException;
import io.mailraft.api.stored.StoredDocument;
import io.mailraft.queue.raft.FoldException;
import io.mailraft.queue.store.Table;
import io.mailraft.queue.store.Table.Removal;
import java.nio.ByteBuffer;

/**
 * A row of the table of cluster documents: the present one under a key of its own, and those before
 * it by their versions.
 *
 * @param token of the decision that made it; 0 for none
 */
record DocumentRow(ClusterDocument document, long token) {
  static final Table TABLE = new Table("document", Removal.ANY, false);
  static final byte[] PRESENT = {0};
  static final byte[] FIRST_PAST = {1};
  static final byte[] PAST_END = {2};

  /** Key of a version that is not the present one; keys ascend with versions. */
  static byte[] past(long version) {
    return ByteBuffer.allocate(1 + Long.BYTES).put((byte) 1).putLong(version).array();
  }

  static DocumentRow of(byte[] bytes) {
    try {
      StoredDocument row = StoredDocument.parseFrom(bytes);
      return new DocumentRow(
          new ClusterDocument(
              row.getVersion(),
              row.getYaml(),
              row.getAuthor(),
              row.getStampMillis(),
              row.getComment(),
              row.getReroutesMap()),
          row.getToken());
    } catch (InvalidProtocolBufferException e) {
      throw new FoldException("a row of the cluster document cannot be read", e);
    }
  }

  byte[] bytes() {
    return StoredDocument.newBuilder()
        .setVersion(document.version())
        .setYaml(document.yaml())
        .setAuthor(document.author())
        .setStampMillis(document.stampMillis())
        .setComment(document.comment())
        .putAllReroutes(document.reroutes())
        .setToken(token)
        .build()
        .toByteArray();
  }
}
