package io.mailraft.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How quotas are read, refused, written, and which of them binds. */
final class QuotasTest {
  private static final String DOCUMENT =
      """
      quotas:
        accounts:
          default: { messages: [1000/hour, 10000/day], recipients: 20000/day }
          Shop@Example.com: { recipients: [5/minute] }
          internal: { unlimited: true }
        senderDomains:
          example.com: { messages: 10/minute }
          "*.example.com": { messages: 20/minute }
          "*.b.example.com": { messages: 30/minute }
      """;

  private static Quotas read(String yaml) throws ConfigException {
    return ClusterYaml.parse(yaml, "cluster.yaml").quotas();
  }

  @Test
  void quotasAreReadAndWrittenBack() throws ConfigException {
    ClusterSettings settings = ClusterYaml.parse(DOCUMENT, "cluster.yaml");
    Quota standard = settings.quotas().ofAccount("other").orElseThrow();
    assertThat(standard.messages())
        .containsExactly(new Rate(1000, Duration.ofHours(1)), new Rate(10_000, Duration.ofDays(1)));
    assertThat(standard.limit(Quota.Unit.RECIPIENTS, Duration.ofDays(1)))
        .isEqualTo(OptionalInt.of(20_000));
    assertThat(standard.limit(Quota.Unit.RECIPIENTS, Duration.ofHours(1))).isEmpty();
    assertThat(ClusterYaml.parse(ClusterYaml.format(settings), "again")).isEqualTo(settings);
  }

  @Test
  void withoutTheSectionNothingIsLimited() throws ConfigException {
    assertThat(read("")).isEqualTo(Quotas.NONE);
    assertThat(read("zones: {}").isEmpty()).isTrue();
  }

  @Test
  void anAccountHasItsOwnEntryInWhateverCaseOrElseTheDefault() throws ConfigException {
    Quotas quotas = read(DOCUMENT);
    assertThat(quotas.ofAccount(Quotas.account(" SHOP@example.COM")).map(Quota::entry))
        .isEqualTo(Optional.of("shop@example.com"));
    assertThat(quotas.ofAccount("other").map(Quota::entry)).isEqualTo(Optional.of("default"));
    assertThat(quotas.ofAccount("internal").map(Quota::unlimited)).isEqualTo(Optional.of(true));
  }

  @ParameterizedTest
  @CsvSource({
    "example.com, example.com",
    "a.example.com, *.example.com",
    "b.example.com, *.example.com",
    "c.b.example.com, *.b.example.com",
    "d.c.b.example.com, *.b.example.com",
    "example.org, ",
  })
  void aDomainHasTheEntryThatNamesItMostExactly(String domain, String entry)
      throws ConfigException {
    assertThat(read(DOCUMENT).ofDomain(domain).map(Quota::entry))
        .isEqualTo(Optional.ofNullable(entry));
  }

  @Test
  void theDefaultBindsDomainsWithoutAnEntry() {
    Quota quota = new Quota("default", java.util.List.of(Rate.parse("1/day")), java.util.List.of());
    assertThat(new Quotas(Map.of(), Map.of("default", quota)).ofDomain("example.org"))
        .isEqualTo(Optional.of(quota));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "a: { messages: 10/second }|quotas.accounts.a.messages: '10/second' is not a quota; write a"
            + " number of 1 to 1000000000 and minute, hour or day, like 1000/hour",
        "a: { messages: many }|quotas.accounts.a.messages: 'many' is not a quota; write a number of"
            + " 1 to 1000000000 and minute, hour or day, like 1000/hour",
        "a: { messages: [1/day, 2/day] }|quotas.accounts.a.messages: '2/day' is a second limit for"
            + " the same time, the first stands in line 3; keep one",
        "a: { messages: [] }|quotas.accounts.a.messages: is empty; give limits, like [1000/hour,"
            + " 10000/day]",
        "a: {}|quotas.accounts.a: limits nothing; give messages, like 1000/hour, or recipients, or"
            + " both, or unlimited: true",
        "a: { unlimited: true, messages: 1/day }|quotas.accounts.a.unlimited: contradicts the"
            + " limits beside it; keep one or the other",
        "DEFAULT: { messages: 1/day }|quotas.accounts.DEFAULT: write default, in lower case",
        "\"b\u00fcro\": { messages: 1/day }|quotas.accounts.b\u00fcro: an account is 1 to 256"
            + " visible ASCII characters, as it logs in; or default for all others",
        "a: { mesages: 1/day }|quotas.accounts.a.mesages: unknown key; did you mean messages?",
      })
  void whatCannotBeUsedIsRefusedWithItsLine(String entry, String message) {
    assertThatThrownBy(() -> read("quotas:\n  accounts:\n    " + entry + "\n"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("cluster.yaml:3: " + message);
  }

  @Test
  void anAccountInTwoSpellingsIsRefused() {
    assertThatThrownBy(
            () ->
                read(
                    """
                    quotas:
                      accounts:
                        shop: { messages: 1/day }
                        Shop: { messages: 2/day }
                    """))
        .hasMessageContaining(
            "cluster.yaml:4: quotas.accounts.Shop: is 'shop' in another spelling, which stands in"
                + " line 3; keep one");
  }

  @Test
  void aSenderDomainMustBeOne() {
    assertThatThrownBy(() -> read("quotas: { senderDomains: { \"a@b\": { messages: 1/day } } }"))
        .hasMessageContaining(
            "a quota is for a sender domain, like example.com or *.example.com, or for all others:"
                + " default");
  }
}
