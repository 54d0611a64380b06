package io.mailraft.node.message;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FromDomainTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "a@shop.example | shop.example",
        "<a@Shop.EXAMPLE> | shop.example",
        "\"A, <x@no.example>\" <a@shop.example> | shop.example",
        "A (x@no.example) <a@shop.example>, b@other.example | shop.example",
        "\"a@b\"@shop.example | shop.example",
        "a@shop.example (Ann (nested) b@no.example) | shop.example",
        "team: a@shop.example, b@other.example; | shop.example",
        "Ann, a@shop.example | shop.example",
        "\"quo\\\"te\" <a@shop.example> | shop.example",
        "a@b\u00fccher.example | xn--bcher-kva.example",
      })
  void findsTheDomainOfTheFirstMailbox(String value, String domain) {
    assertThat(FromDomain.of(value)).contains(domain);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Ann",
        "undisclosed:;",
        "<>",
        "a@",
        "a@.",
        "a@..b",
        "a@x\r\ny",
        "a@x/y",
        "a@[192.0.2.1]"
      })
  void hasNoDomainWhereThereIsNone(String value) {
    assertThat(FromDomain.of(value)).isEmpty();
  }
}
