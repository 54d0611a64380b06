package io.mailraft.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The quotas of the cluster document, and which of them bind a submission. Immutable.
 *
 * <p>An account has its own entry, else {@code default}. A sender domain has the entry that names
 * it most exactly: itself before {@code *.}, the longer {@code *.} before the shorter, else {@code
 * default}.
 */
public final class Quotas {
  /** No quotas. */
  public static final Quotas NONE = new Quotas(Map.of(), Map.of());

  private final Map<String, Quota> accounts;
  private final Map<String, Quota> senderDomains;

  /**
   * @param accounts by key of the document, in its order; keys as {@link #account} spells them
   * @param senderDomains by key of the document, in its order; keys as {@link DomainPattern} has
   *     them
   */
  public Quotas(Map<String, Quota> accounts, Map<String, Quota> senderDomains) {
    this.accounts = Collections.unmodifiableMap(new LinkedHashMap<>(accounts));
    this.senderDomains = Collections.unmodifiableMap(new LinkedHashMap<>(senderDomains));
  }

  /** The one spelling of an account's name: another case is no other account's quota. */
  public static String account(String name) {
    return name.strip().toLowerCase(Locale.ROOT);
  }

  /** The entries of accounts by key, in the order of the document. */
  public Map<String, Quota> accounts() {
    return accounts;
  }

  /** The entries of sender domains by key, in the order of the document. */
  public Map<String, Quota> senderDomains() {
    return senderDomains;
  }

  /** Whether nothing is limited. */
  public boolean isEmpty() {
    return accounts.isEmpty() && senderDomains.isEmpty();
  }

  /**
   * The entry that binds an account.
   *
   * @param account as {@link #account} spells it
   */
  public Optional<Quota> ofAccount(String account) {
    return Optional.ofNullable(accounts.getOrDefault(account, accounts.get(Quota.DEFAULT)));
  }

  /**
   * The entry that binds a sender domain.
   *
   * @param domain as {@link DomainName} spells it
   */
  public Optional<Quota> ofDomain(String domain) {
    Quota found = senderDomains.get(domain);
    for (int dot = domain.indexOf('.');
        found == null && dot >= 0;
        dot = domain.indexOf('.', dot + 1)) {
      found = senderDomains.get("*" + domain.substring(dot));
    }
    return Optional.ofNullable(found == null ? senderDomains.get(Quota.DEFAULT) : found);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Quotas quotas
        && quotas.accounts.equals(accounts)
        && quotas.senderDomains.equals(senderDomains);
  }

  @Override
  public int hashCode() {
    return 31 * accounts.hashCode() + senderDomains.hashCode();
  }

  @Override
  public String toString() {
    return "accounts " + accounts.values() + ", sender domains " + senderDomains.values();
  }
}
