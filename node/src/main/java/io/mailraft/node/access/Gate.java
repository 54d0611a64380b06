package io.mailraft.node.access;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.mailraft.config.AccessConfig;
import io.mailraft.config.Quotas;
import io.mailraft.node.access.Credentials.Password;
import io.mailraft.node.access.Credentials.Token;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says whether credentials are good: by the users file, and by the user's own application for
 * accounts that the file does not have.
 *
 * <p>Equal credentials that come at the same time are looked at once, and those that were good are
 * let in again for a while without a look; neither holds the secret itself, but a hash of it under
 * a key of this process. Hashes are computed by a few threads of their own, so that a flood of
 * attempts takes neither the memory nor the processors that mail needs.
 */
public final class Gate implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Gate.class);
  private static final String MAC = "HmacSHA256";
  private static final int REMEMBERED_MAX = 100_000;

  /** Most hashes that wait; each takes some ten milliseconds. */
  private static final int CHECKS_WAITING_MAX = 1000;

  private final Optional<UsersFile> users;
  private final Optional<AuthHook> hook;
  private final FailureTable<String> addresses;
  private final FailureTable<String> accounts;
  private final AsyncCache<ByteBuffer, Verdict> verdicts;
  private final Cache<String, Boolean> acquainted;
  private final ThreadPoolExecutor checks;
  private final SecretKeySpec key;
  private final PasswordHash nobodys;

  /**
   * Reads the users file.
   *
   * @param nanoTime as {@link System#nanoTime}
   * @throws IOException if the users file cannot be used; the message says where
   */
  public Gate(AccessConfig config, FileFollower follower, LongSupplier nanoTime)
      throws IOException {
    SecureRandom random = new SecureRandom();
    byte[] secret = new byte[32];
    random.nextBytes(secret);
    this.key = new SecretKeySpec(secret, MAC);
    this.nobodys = PasswordHash.parse(PasswordHash.make("nobody's", random));
    this.addresses =
        new FailureTable<>(config.failuresPerAddress(), config.failuresWithin(), nanoTime);
    this.accounts =
        new FailureTable<>(config.failuresPerAccount(), config.failuresWithin(), nanoTime);
    this.verdicts =
        Caffeine.newBuilder()
            .maximumSize(REMEMBERED_MAX)
            .expireAfterWrite(config.remember())
            .ticker(nanoTime::getAsLong)
            .buildAsync();
    this.acquainted =
        Caffeine.newBuilder()
            .maximumSize(REMEMBERED_MAX)
            .expireAfterWrite(24, TimeUnit.HOURS)
            .ticker(nanoTime::getAsLong)
            .build();
    this.checks =
        new ThreadPoolExecutor(
            config.checksAtOnce(),
            config.checksAtOnce(),
            1,
            TimeUnit.MINUTES,
            new ArrayBlockingQueue<>(CHECKS_WAITING_MAX),
            Thread.ofPlatform().daemon().name("password-check-", 0).factory());
    this.checks.allowCoreThreadTimeOut(true);
    if (config.usersFile().isPresent()) {
      Path file = config.usersFile().get();
      UsersFile read = new UsersFile(file);
      users = Optional.of(read);
      follower.add("the users file " + file, List.of(file), read::reload);
      LOG.info("the users file {} has {} accounts", file, read.count());
    } else {
      users = Optional.empty();
    }
    hook = config.auth().map(AuthHook::new);
  }

  /** Looks at credentials. The future never ends in an exception. */
  public CompletableFuture<Verdict> ask(
      Credentials credentials, InetAddress client, Transport transport) {
    if (!credentials.isSound()) {
      return CompletableFuture.completedFuture(fail(client));
    }
    ByteBuffer digest = digest(credentials, transport);
    CompletableFuture<Verdict> known = verdicts.getIfPresent(digest);
    if (known != null) {
      return known;
    }
    CompletableFuture<Verdict> verdict =
        verdicts.get(digest, (_, _) -> look(credentials, client, transport));
    return verdict.whenComplete(
        (found, trouble) -> {
          if (!(found instanceof Verdict.Admitted)) {
            verdicts.asMap().remove(digest, verdict);
          }
        });
  }

  /** What nobody can have is an attempt too. */
  private Verdict fail(InetAddress client) {
    FailureTable<String>.Counter counter = addresses.of(ClientSite.of(client));
    Optional<Verdict> tooMany = counter.begin().map(Verdict.TooMany::new);
    if (tooMany.isEmpty()) {
      counter.end(true);
    }
    return tooMany.orElseGet(Verdict.Denied::new);
  }

  private CompletableFuture<Verdict> look(
      Credentials credentials, InetAddress client, Transport transport) {
    String site = ClientSite.of(client);
    FailureTable<String>.Counter ofSite = addresses.of(site);
    var waitOfSite = ofSite.begin();
    if (waitOfSite.isPresent()) {
      return CompletableFuture.completedFuture(new Verdict.TooMany(waitOfSite.get()));
    }
    // Whoever guesses at an account must not lock its owner out: where that one has been before,
    // only the address counts.
    Optional<String> account = account(credentials).filter(name -> !isAcquainted(name, site));
    Optional<FailureTable<String>.Counter> ofAccount = account.map(accounts::of);
    var waitOfAccount = ofAccount.flatMap(FailureTable.Counter::begin);
    if (waitOfAccount.isPresent()) {
      ofSite.end(false);
      return CompletableFuture.completedFuture(new Verdict.TooMany(waitOfAccount.get()));
    }
    CompletableFuture<Verdict> found;
    try {
      found = judge(credentials, transport);
    } catch (RejectedExecutionException e) {
      LOG.warn("too many passwords wait to be checked, or this node stops: {}", e.getMessage());
      found = CompletableFuture.completedFuture(new Verdict.Unavailable());
    }
    return found.handle(
        (given, trouble) -> {
          if (trouble != null) {
            LOG.error("credentials were not judged because of an unexpected error", trouble);
          }
          Verdict verdict = trouble == null ? given : new Verdict.Unavailable();
          boolean failed = verdict instanceof Verdict.Denied;
          ofSite.end(failed);
          ofAccount.ifPresent(counter -> counter.end(failed));
          if (failed) {
            LOG.info(
                "{} by {} was denied as {}",
                client.getHostAddress(),
                transport,
                credentials instanceof Password named ? named.name() : "the owner of a token");
          }
          if (verdict instanceof Verdict.Admitted admitted) {
            acquainted.put(acquaintance(admitted.account().name(), site), true);
          }
          return verdict;
        });
  }

  /** Whether an account of the users file is trusted to choose zones. */
  boolean trustsRouting(String account) {
    return users.flatMap(file -> file.find(account)).filter(UserLine::trustRouting).isPresent();
  }

  private CompletableFuture<Verdict> judge(Credentials credentials, Transport transport) {
    Optional<Password> local = users.isPresent() ? local(credentials) : Optional.empty();
    Optional<UserLine> user = user(credentials);
    if (hook.isPresent() && user.isEmpty()) {
      return hook.get().ask(credentials, transport);
    }
    String password = local.map(Password::password).orElse("");
    // An unknown name takes as long as a wrong password, so that nobody learns which exist.
    PasswordHash hash =
        user.map(UserLine::hash).orElseGet(() -> strangers(local.map(Password::name).orElse("")));
    return CompletableFuture.supplyAsync(
        () -> {
          boolean matches = hash.matches(password);
          return matches && user.isPresent()
              ? new Verdict.Admitted(new Account(user.get().name(), user.get().trustRouting()))
              : new Verdict.Denied();
        },
        checks);
  }

  /** What is checked for a name that the file does not have: a hash as dear as one of its own. */
  private PasswordHash strangers(String name) {
    int seed = ByteBuffer.wrap(mac("n" + name)).getInt();
    return users.flatMap(file -> file.anyHash(seed)).orElse(nobodys);
  }

  /** The account of the users file that credentials name. */
  private Optional<UserLine> user(Credentials credentials) {
    return users.flatMap(file -> local(credentials).flatMap(own -> file.find(own.name())));
  }

  /** What the users file can know: a token of its accounts is {@code name.password}. */
  private Optional<Password> local(Credentials credentials) {
    return switch (credentials) {
      case Password given -> Optional.of(given);
      case Token given -> {
        int last = given.text().lastIndexOf('.');
        int end = last;
        // Both may hold dots: it is the longest name that the file has.
        while (end >= 0 && !isOfFile(given.text(), end)) {
          end = given.text().lastIndexOf('.', end - 1);
        }
        int dot = end < 0 ? last : end;
        yield dot < 0
            ? Optional.empty()
            : Optional.of(
                new Password(given.text().substring(0, dot), given.text().substring(dot + 1)));
      }
    };
  }

  private boolean isOfFile(String token, int nameChars) {
    return nameChars <= Credentials.NAME_CHARS_MAX
        && users.flatMap(file -> file.find(token.substring(0, nameChars))).isPresent();
  }

  /** Whose failures they count as: another case of a name is no other account. */
  private Optional<String> account(Credentials credentials) {
    return local(credentials).map(own -> Quotas.account(own.name()));
  }

  private boolean isAcquainted(String account, String site) {
    return acquainted.getIfPresent(acquaintance(account, site)) != null;
  }

  private static String acquaintance(String account, String site) {
    return site + ':' + Quotas.account(account);
  }

  /**
   * What equal questions have in common. The application is told the transport and may let in by
   * one alone; the users file knows none.
   */
  private ByteBuffer digest(Credentials credentials, Transport transport) {
    boolean byTransport = hook.isPresent() && user(credentials).isEmpty();
    String text =
        switch (credentials) {
          case Password given -> "p" + given.name() + '\0' + given.password();
          case Token given -> "t" + given.text();
        };
    return ByteBuffer.wrap(mac((byTransport ? transport.name() : "") + '\0' + text));
  }

  /** A hash under the key of this process, of the users file as it is. */
  private byte[] mac(String text) {
    try {
      Mac mac = Mac.getInstance(MAC);
      mac.init(key);
      mac.update(
          ByteBuffer.allocate(Long.BYTES)
              .putLong(users.map(UsersFile::generation).orElse(0L))
              .flip());
      return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has " + MAC, e);
    }
  }

  @Override
  public void close() {
    checks.shutdownNow();
    hook.ifPresent(AuthHook::close);
  }
}
