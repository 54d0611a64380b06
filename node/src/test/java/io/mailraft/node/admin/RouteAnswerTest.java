package io.mailraft.node.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.mailraft.api.admin.RecipientRoute;
import io.mailraft.api.admin.RefusedZone;
import io.mailraft.api.admin.RouteRequest;
import io.mailraft.api.admin.RouteResponse;
import io.mailraft.config.ConfigException;
import io.mailraft.config.ConfigLoader;
import io.mailraft.config.MailraftConfig;
import io.mailraft.router.Router;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RouteAnswerTest {
  @TempDir private Path directory;

  private RouteAnswer answers() {
    try {
      return readSettings();
    } catch (ConfigException | IOException e) {
      throw new AssertionError(e);
    }
  }

  private RouteAnswer readSettings() throws ConfigException, IOException {
    Path file = directory.resolve("mailraft.yaml");
    Files.writeString(
        file,
        """
        smtp:
          - { name: inside, listen: "127.0.0.1:2525", maxHeaderBytes: 1KiB }
          - { name: outside, listen: "192.0.2.1:25", allow: [192.0.2.0/24] }
        zones:
          offers: { routingHeaders: { x-user-id: [a b] } }
          news: { senderDomains: [example.com] }
          gmail: { recipientDomains: ["*.b\\u00fccher.example"] }
          near: { originAddresses: [192.0.2.0/24] }
          paused: { originAddresses: [192.0.2.128/25] }
        """);
    MailraftConfig config = ConfigLoader.load(file);
    return new RouteAnswer(
        config.smtp(), new Router(config.zones(), Set.of("paused")), "trusted"::equals);
  }

  private RouteResponse ask(Consumer<RouteRequest.Builder> change) {
    RouteRequest.Builder request = RouteRequest.newBuilder().addRecipients("a@other.example");
    change.accept(request);
    return answers().answer(request.build());
  }

  private RecipientRoute first(Consumer<RouteRequest.Builder> change) {
    return ask(change).getRoutes(0);
  }

  @Test
  void aTrustedAccountChoosesTheZoneOnWhateverListener() {
    for (String user : new String[] {"", "other", "trusted"}) {
      RouteResponse answer =
          ask(
              request ->
                  request
                      .setListener("outside")
                      .setUser(user)
                      .addHeaders("X-Sending-Zone: offers"));
      boolean trusted = user.equals("trusted");
      assertThat(answer.getTrusted()).as(user).isEqualTo(trusted);
      assertThat(answer.getRoutes(0).getZone()).as(user).isEqualTo(trusted ? "offers" : "default");
    }
  }

  @Test
  void eachRecipientIsAnsweredInItsOrder() {
    RouteResponse response =
        ask(request -> request.addRecipients("b@EU.xn--bcher-kva.example").setOrigin("192.0.2.7"));
    assertThat(response.getListener()).isEqualTo("inside");
    assertThat(response.getTrusted()).isTrue();
    assertThat(response.getRoutesList())
        .containsExactly(
            RecipientRoute.newBuilder()
                .setRecipient("a@other.example")
                .setZone("near")
                .setRule("originAddresses")
                .setMatch("192.0.2.0/24")
                .build(),
            RecipientRoute.newBuilder()
                .setRecipient("b@EU.xn--bcher-kva.example")
                .setZone("gmail")
                .setRule("recipientDomains")
                .setMatch("*.xn--bcher-kva.example")
                .build());
  }

  @Test
  void headersAreReadAsTheFrontDoorReadsThem() {
    assertThat(first(r -> r.setSender("x@example.com")).getZone()).isEqualTo("news");
    assertThat(first(r -> r.addHeaders("From: \"b@c.example\" (x) <a@Example.COM>")).getZone())
        .isEqualTo("news");
    assertThat(
            first(r -> r.setSender("x@example.com").addHeaders("From: a@third.example")).getZone())
        .isEqualTo("default");
    assertThat(first(r -> r.addHeaders("Subject: x").addHeaders("X-USER-ID :  A B ")).getMatch())
        .isEqualTo("x-user-id: a b");
  }

  @Test
  void trustIsThatOfTheListener() {
    assertThat(first(r -> r.addHeaders("X-Sending-Zone: gmail")).getRule())
        .isEqualTo("X-Sending-Zone");
    RouteResponse outside =
        ask(
            request ->
                request
                    .setListener("outside")
                    .addHeaders("X-Sending-Zone: gmail")
                    .setOrigin("192.0.2.200"));
    assertThat(outside.getListener()).isEqualTo("outside");
    assertThat(outside.getTrusted()).isFalse();
    assertThat(outside.getRoutes(0).getZone()).isEqualTo("near");
    assertThat(outside.getRoutes(0).getRefusedList())
        .containsExactly(
            refused("gmail", "X-Sending-Zone", "not trusted"),
            refused("paused", "originAddresses", "suspended"));
  }

  private static RefusedZone refused(String zone, String rule, String reason) {
    return RefusedZone.newBuilder().setZone(zone).setRule(rule).setReason(reason).build();
  }

  @Test
  void whatIsNoMessageIsRefusedWithTheReason() {
    refuses(r -> r.clearRecipients(), "0 recipients; expected 1 to 1000");
    refuses(
        r -> r.addAllRecipients(Collections.nCopies(1000, "a@b.example")),
        "1001 recipients; expected 1 to 1000");
    refuses(
        r -> r.addRecipients("nobody"),
        "'nobody' is not a recipient's address, like user@example.com");
    refuses(r -> r.setSender("x"), "'x' is not a sender's address, like user@example.com");
    refuses(r -> r.addHeaders("no header"), "'no header' is not a header, like \"Name: value\"");
    refuses(
        r -> r.addHeaders("A: b\r\nX-Sending-Zone: c"),
        "'A: b\r\nX-Sending-Zone: c' is not a header, like \"Name: value\"");
    refuses(
        r -> r.addHeaders("A: " + "b".repeat(2000)),
        "the headers are larger than the 1024 bytes that the listener takes");
    refuses(
        r -> r.setListener("other"),
        "'other' is no SMTP listener of this node; it has inside, outside");
    for (String origin : new String[] {"localhost", "192.0.2.0/24", "192.0.2.1/32", "1", "%"}) {
      refuses(
          r -> r.setOrigin(origin),
          "'" + origin + "' is not a client's address, like 192.0.2.1 or 2001:db8::1");
    }
  }

  private void refuses(Consumer<RouteRequest.Builder> change, String message) {
    assertThatIllegalArgumentException().isThrownBy(() -> ask(change)).withMessage(message);
  }
}
