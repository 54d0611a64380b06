package io.mailraft.node.admin;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.mailraft.api.admin.ApplyDocumentRequest;
import io.mailraft.api.admin.ApplyDocumentResponse;
import io.mailraft.api.admin.DocumentHistoryResponse;
import io.mailraft.api.admin.DocumentVersion;
import io.mailraft.api.admin.GetDocumentRequest;
import io.mailraft.api.admin.GetDocumentResponse;
import io.mailraft.config.ClusterYaml;
import io.mailraft.config.ConfigException;
import io.mailraft.queue.Documents;
import io.mailraft.queue.QueueException;
import io.mailraft.queue.control.ClusterDocument;
import io.mailraft.queue.control.DocumentHistory;
import io.mailraft.queue.shard.Depth;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The calls of the admin API about the cluster document. Each refuses with a gRPC status. */
final class DocumentCalls {
  private static final Logger log = LoggerFactory.getLogger(DocumentCalls.class);
  private static final int AUTHOR_CHARS_MAX = 200;
  private static final int COMMENT_CHARS_MAX = 1000;
  private static final int NAME_CHARS_MAX = 1000;

  /** As an answer's header has to hold it. */
  private static final int DESCRIPTION_CHARS_MAX = 20_000;

  private static final int DIFF_CHARS_MAX = 1 << 20;

  /** Less than clients wait: an election, and a moment more. */
  private static final Duration APPLY_TIMEOUT = Duration.ofSeconds(8);

  /** For a replica to come to the version that its author saw on another node. */
  private static final Duration LAG_MAX = Duration.ofSeconds(3);

  /** Tries against others who apply at the same time, for whom it does not matter what stands. */
  private static final int TRIES_MAX = 5;

  private final Documents documents;
  private final Supplier<Map<String, Depth>> mail;

  /**
   * @param mail open deliveries by zone, all nodes together
   */
  DocumentCalls(Documents documents, Supplier<Map<String, Depth>> mail) {
    this.documents = documents;
    this.mail = mail;
  }

  /** Checks a text, and makes it the next version. */
  ApplyDocumentResponse apply(ApplyDocumentRequest request) {
    String name = request.getName().isEmpty() ? "cluster document" : request.getName();
    checkText("name", name, 1, NAME_CHARS_MAX);
    checkText("author", request.getAuthor(), 1, AUTHOR_CHARS_MAX);
    checkText("comment", request.getComment(), 0, COMMENT_CHARS_MAX);
    ClusterYaml.Parsed next;
    try {
      next = ClusterYaml.read(request.getYaml(), name);
    } catch (ConfigException e) {
      throw refusal(Status.INVALID_ARGUMENT, String.valueOf(e.getMessage()));
    }
    OptionalLong expected = expected(request, next);
    try {
      for (int tries = 0; tries < TRIES_MAX; tries++) {
        Optional<ApplyDocumentResponse> answer = tryOnce(request, next, expected);
        if (answer.isPresent()) {
          return answer.get();
        }
      }
    } catch (QueueException e) {
      if (e.reason() == QueueException.Reason.INVALID) {
        throw refusal(Status.INVALID_ARGUMENT, String.valueOf(e.getMessage()));
      }
      if (e.reason() == QueueException.Reason.OLDER_NODE) {
        throw refusal(Status.FAILED_PRECONDITION, String.valueOf(e.getMessage()));
      }
      throw refusal(
          Status.UNAVAILABLE,
          "it is not known what came of the document, see the history later: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw refusal(Status.UNAVAILABLE, "this node is stopping");
    }
    throw refusal(
        Status.ABORTED, "others replaced the cluster document all the time, nothing was changed");
  }

  /**
   * @return empty where another version came in between, and the author minds none
   */
  private Optional<ApplyDocumentResponse> tryOnce(
      ApplyDocumentRequest request, ClusterYaml.Parsed next, OptionalLong expected)
      throws QueueException, InterruptedException {
    if (expected.isPresent() && !documents.await(expected.getAsLong(), LAG_MAX)) {
      log.info("asked to replace version {}, which is not here", expected.getAsLong());
    }
    ClusterDocument present = documents.present();
    if (expected.isPresent() && expected.getAsLong() != present.version()) {
      throw conflict(expected.getAsLong(), present);
    }
    Map<String, String> orders = orders(request, next, present);
    long made = present.version() + 1;
    boolean changed =
        !DocumentDiff.same(present.yaml(), next.body()) || !orders.equals(present.reroutes());
    ApplyDocumentResponse.Builder answer =
        ApplyDocumentResponse.newBuilder()
            .setVersion(changed ? made : present.version())
            .setPreviousVersion(present.version())
            .setChanged(changed)
            .setDryRun(request.getDryRun())
            .setDiff(
                DocumentDiff.between(
                    title(present.version()),
                    present.yaml(),
                    title(made),
                    next.body(),
                    DIFF_CHARS_MAX))
            .putAllReroutes(orders);
    if (changed && !request.getDryRun()) {
      OptionalLong version =
          documents.replace(
              new Documents.Change(
                  present.version(),
                  next.body(),
                  request.getAuthor(),
                  request.getComment(),
                  orders),
              APPLY_TIMEOUT);
      if (version.isEmpty() && expected.isPresent()) {
        throw conflict(expected.getAsLong(), documents.present());
      }
      if (version.isEmpty()) {
        return Optional.empty();
      }
      log.info(
          "{} replaced the cluster document: version {}", request.getAuthor(), version.getAsLong());
    }
    return Optional.of(answer.build());
  }

  private static OptionalLong expected(ApplyDocumentRequest request, ClusterYaml.Parsed next) {
    long asked = request.getExpectedVersion();
    if (asked == 0) {
      return next.version();
    }
    if (next.version().isPresent() && next.version().getAsLong() != asked) {
      throw refusal(
          Status.INVALID_ARGUMENT,
          "the text is made from version %d, and version %s is to be replaced: take one of the two"
              .formatted(next.version().getAsLong(), Long.toUnsignedString(asked)));
    }
    return OptionalLong.of(asked);
  }

  private Map<String, String> orders(
      ApplyDocumentRequest request, ClusterYaml.Parsed next, ClusterDocument present) {
    try {
      return new Reroutes(
              request.getReroutesMap(),
              zones(present),
              next.settings().zones().keySet(),
              mail.get())
          .after(present.reroutes());
    } catch (IllegalArgumentException e) {
      throw refusal(Status.INVALID_ARGUMENT, String.valueOf(e.getMessage()));
    } catch (Reroutes.HeldMailException e) {
      throw refusal(Status.FAILED_PRECONDITION, String.valueOf(e.getMessage()));
    }
  }

  /** Zones of a document that stands; none where it cannot be read, and then all mail counts. */
  private Set<String> zones(ClusterDocument document) {
    try {
      return ClusterYaml.parse(document.yaml(), title(document.version())).zones().keySet();
    } catch (ConfigException e) {
      log.warn("the cluster document {} cannot be read", document.version(), e);
      return mail.get().keySet();
    }
  }

  private StatusRuntimeException conflict(long expected, ClusterDocument present) {
    String stands =
        "the cluster document is at version "
            + present.version()
            + (present.version() == 0 ? "" : ", by " + present.author())
            + ", and this was made from version "
            + Long.toUnsignedString(expected);
    if (Long.compareUnsigned(expected, present.version()) > 0) {
      return refusal(Status.ABORTED, stands + ", which this cluster has not: nothing was changed");
    }
    String advice = ". Nothing was changed: get the present version and make your change there";
    return documents
        .version(expected)
        .map(
            seen ->
                refusal(
                    Status.ABORTED,
                    stands
                        + advice
                        + ". What changed since then:\n"
                        + DocumentDiff.between(
                            title(expected),
                            seen.yaml(),
                            title(present.version()),
                            present.yaml(),
                            DIFF_CHARS_MAX)))
        .orElseGet(() -> refusal(Status.ABORTED, stands + ", which is not kept any more" + advice));
  }

  /** A version, the present one by default. */
  GetDocumentResponse get(GetDocumentRequest request) {
    long asked = request.getVersion();
    ClusterDocument document =
        asked == 0
            ? documents.present()
            : documents
                .version(asked)
                .orElseThrow(
                    () ->
                        refusal(
                            Status.NOT_FOUND,
                            "version %s of the cluster document is not kept here; there are %s"
                                .formatted(Long.toUnsignedString(asked), kept())));
    if (document.version() == 0) {
      throw refusal(Status.NOT_FOUND, "this cluster has no document yet");
    }
    return GetDocumentResponse.newBuilder()
        .setVersion(document.version())
        .setYaml(
            request.getWithVersion()
                ? ClusterYaml.withVersion(document.yaml(), document.version())
                : document.yaml())
        .setAuthor(document.author())
        .setStampMillis(document.stampMillis())
        .setComment(document.comment())
        .putAllReroutes(document.reroutes())
        .build();
  }

  private String kept() {
    var versions = documents.versions();
    return versions.isEmpty()
        ? "none"
        : versions.getLast().version() + " to " + versions.getFirst().version();
  }

  /** Every version that is kept. */
  DocumentHistoryResponse history() {
    DocumentHistoryResponse.Builder answer = DocumentHistoryResponse.newBuilder();
    for (DocumentHistory.Version version : documents.versions()) {
      answer.addVersions(
          DocumentVersion.newBuilder()
              .setVersion(version.version())
              .setAuthor(version.author())
              .setStampMillis(version.stampMillis())
              .setComment(version.comment())
              .setYamlBytes(version.yamlBytes()));
    }
    return answer.build();
  }

  private static String title(long version) {
    return "cluster document " + version;
  }

  private static void checkText(String what, String text, int min, int max) {
    if (text.length() < min || text.length() > max) {
      throw refusal(
          Status.INVALID_ARGUMENT,
          "%s: %d characters; expected %d to %d".formatted(what, text.length(), min, max));
    }
    if (text.chars().anyMatch(Character::isISOControl)) {
      throw refusal(Status.INVALID_ARGUMENT, what + ": control characters have no place there");
    }
  }

  private static StatusRuntimeException refusal(Status status, String text) {
    return status
        .withDescription(
            DocumentDiff.cut(text.lines().toList(), DESCRIPTION_CHARS_MAX).stripTrailing())
        .asRuntimeException();
  }
}
