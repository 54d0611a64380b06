package io.mailraft.delivery;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import io.mailraft.config.DnsConfig;
import io.mailraft.config.HostPort;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xbill.DNS.ExtendedResolver;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Resolver;
import org.xbill.DNS.ResolverConfig;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.lookup.LookupResult;
import org.xbill.DNS.lookup.LookupSession;
import org.xbill.DNS.lookup.NoSuchDomainException;
import org.xbill.DNS.lookup.NoSuchRRSetException;

/**
 * Looks names up, and remembers answers for their time to live, five minutes at most. One lookup is
 * under way for a name at a time.
 */
final class Dns {
  private static final Logger LOG = LoggerFactory.getLogger(Dns.class);
  private static final Duration TTL_MAX = Duration.ofMinutes(5);
  private static final Duration TTL_MIN = Duration.ofSeconds(1);
  private static final Duration NEGATIVE_TTL = Duration.ofSeconds(60);
  private static final Duration TROUBLE_TTL = Duration.ofSeconds(10);
  private static final int ANSWERS_MAX = 50_000;
  private static final int ROUNDS_MAX = 2;

  /** What a lookup gave. */
  sealed interface Answer {

    /** Records of the wanted type, one at least. */
    record Found(List<Record> records) implements Answer {}

    /** The name exists, without records of that type. */
    record NoData() implements Answer {}

    /** The name does not exist. */
    record NoName() implements Answer {}

    /** No answer for now. */
    record Trouble(String detail) implements Answer {}
  }

  private record Question(String name, int type, boolean hostsFile) {}

  private final LookupSession session;
  private final LookupSession withHostsFile;
  private final AsyncCache<Question, Answer> answers;

  Dns(DnsConfig config, Executor executor) {
    List<Resolver> resolvers = new ArrayList<>();
    if (config.servers().isEmpty()) {
      ResolverConfig.getCurrentConfig()
          .servers()
          .forEach(server -> resolvers.add(new SimpleResolver(server)));
    } else {
      for (HostPort server : config.servers()) {
        resolvers.add(new SimpleResolver(server.toSocketAddress()));
      }
    }
    for (Resolver resolver : resolvers) {
      resolver.setTimeout(config.timeout());
    }
    ExtendedResolver all = new ExtendedResolver(resolvers);
    all.setRetries(ROUNDS_MAX);
    all.setTimeout(
        config.timeout().multipliedBy((long) ROUNDS_MAX * Math.max(1, resolvers.size())));
    this.session = LookupSession.builder().resolver(all).executor(executor).build();
    this.withHostsFile =
        LookupSession.builder().resolver(all).executor(executor).defaultHostsFileParser().build();
    this.answers =
        Caffeine.newBuilder()
            .maximumSize(ANSWERS_MAX)
            .executor(executor)
            .expireAfter(Expiry.<Question, Answer>creating((question, answer) -> ttl(answer)))
            .buildAsync();
  }

  /** Looks up records of one type; never completes exceptionally. */
  CompletableFuture<Answer> lookup(String name, int type) {
    Question question = new Question(name, type, false);
    return answered(
        question,
        () -> answers.get(question, (q, executor) -> ask(session, q).toCompletableFuture()));
  }

  /** The same for a name that the operator gave: the system's hosts file is asked first. */
  CompletableFuture<Answer> lookupWithHostsFile(String name, int type) {
    Question question = new Question(name, type, true);
    // The file is read on the executor, for the caller may be an event loop.
    return answered(
        question,
        () ->
            answers.get(
                question,
                (q, executor) ->
                    CompletableFuture.supplyAsync(() -> ask(withHostsFile, q), executor)
                        .thenCompose(answer -> answer)));
  }

  /** Whatever goes wrong on the way to an answer, or before it, is an answer. */
  private static CompletableFuture<Answer> answered(
      Question question, Supplier<CompletableFuture<Answer>> lookup) {
    try {
      return lookup.get().exceptionally(e -> missing(question, e));
    } catch (RuntimeException e) {
      return CompletableFuture.completedFuture(missing(question, e));
    }
  }

  private static CompletionStage<Answer> ask(LookupSession session, Question question) {
    Name name;
    try {
      name = Name.fromString(question.name(), Name.root);
    } catch (TextParseException e) {
      LOG.debug("{} is no domain name", question.name(), e);
      return CompletableFuture.completedFuture(new Answer.NoName());
    }
    return session
        .lookupAsync(name, question.type())
        .<Answer>thenApply(result -> found(result, question.type()))
        .exceptionally(e -> missing(question, e));
  }

  private static Answer found(LookupResult result, int type) {
    List<Record> records =
        result.getRecords().stream().filter(record -> record.getType() == type).toList();
    return records.isEmpty() ? new Answer.NoData() : new Answer.Found(records);
  }

  private static Answer missing(Question question, Throwable thrown) {
    Throwable cause =
        thrown instanceof CompletionException && thrown.getCause() != null
            ? thrown.getCause()
            : thrown;
    return switch (cause) {
      case NoSuchDomainException e -> new Answer.NoName();
      case NoSuchRRSetException e -> new Answer.NoData();
      default -> {
        LOG.debug("no answer for {}", question, cause);
        yield new Answer.Trouble(cause.getClass().getSimpleName());
      }
    };
  }

  private static Duration ttl(Answer answer) {
    return switch (answer) {
      case Answer.Found found -> {
        long seconds = found.records().stream().mapToLong(Record::getTTL).min().orElse(0);
        yield Duration.ofSeconds(Math.clamp(seconds, TTL_MIN.toSeconds(), TTL_MAX.toSeconds()));
      }
      case Answer.NoData none -> NEGATIVE_TTL;
      case Answer.NoName none -> NEGATIVE_TTL;
      case Answer.Trouble trouble -> TROUBLE_TTL;
    };
  }
}
