package io.mailraft.config;

/**
 * What a zone says of domains: {@code example.com} is that domain alone, {@code *.example.com} all
 * domains below it, at whatever depth, without itself.
 *
 * @param domain as {@link DomainName} spells it
 * @param subdomains whether the domains below it are meant
 */
public record DomainPattern(String domain, boolean subdomains) {
  private static final String BELOW = "*.";

  /**
   * Reads {@code example.com} or {@code *.example.com}, in whatever script and case.
   *
   * @throws IllegalArgumentException if the text is neither; the message says what would be right
   */
  public static DomainPattern parse(String text) {
    boolean below = text.startsWith(BELOW);
    return DomainName.of(below ? text.substring(BELOW.length()) : text)
        .map(domain -> new DomainPattern(domain, below))
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    Problems.quoted(text)
                        + " is not a domain; write example.com, or *.example.com for all below"
                        + " it"));
  }

  @Override
  public String toString() {
    return subdomains ? BELOW + domain : domain;
  }
}
