package io.mailraft.queue.quota;

import static org.assertj.core.api.Assertions.assertThat;

import io.mailraft.config.ClusterYaml;
import io.mailraft.config.ConfigException;
import io.mailraft.config.Quotas;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which counters a name stands for. */
final class QuotaUseTest {

  private static List<String> counters(String yaml, String name) throws ConfigException {
    Quotas quotas = ClusterYaml.parse(yaml, "test").quotas();
    return QuotaUse.of(new QuotaTable(), quotas, name, 0).stream()
        .map(use -> use.counter().name())
        .toList();
  }

  @Test
  void aDomainIsFoundHoweverItIsSpelled() throws ConfigException {
    String yaml = "quotas: { senderDomains: { xn--bcher-kva.example: { messages: 5/hour } } }";
    for (String name :
        List.of("b\u00fccher.example", "B\u00dcCHER.example", "xn--bcher-kva.EXAMPLE")) {
      assertThat(counters(yaml, name))
          .as(name)
          .containsExactly("domain:xn--bcher-kva.example messages/hour");
    }
  }

  @Test
  void domainsThatAreCountedTogetherAreFoundByTheNameThatIsShown() throws ConfigException {
    String yaml = "quotas: { senderDomains: { '*.example.com': { messages: 5/hour } } }";
    assertThat(counters(yaml, "*.Example.com"))
        .containsExactly("domain:*.example.com messages/hour");
    assertThat(counters(yaml, "a.example.com"))
        .containsExactly("domain:*.example.com messages/hour");
  }

  @Test
  void anAddressIsAnAccountAndNoDomain() throws ConfigException {
    String yaml =
        "quotas: { accounts: { default: { messages: 5/hour } },"
            + " senderDomains: { default: { messages: 7/hour } } }";
    assertThat(counters(yaml, "shop@example.com"))
        .containsExactly("account:shop@example.com messages/hour");
    assertThat(counters(yaml, "example.com"))
        .containsExactly("account:example.com messages/hour", "domain:example.com messages/hour");
  }
}
