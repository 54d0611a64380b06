package io.mailraft.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Forms of replies that receivers are known to give; addresses and names are examples. */
class BlocklistReplyTest {
  private static final String SOURCE = "192.0.2.10";

  private static Reply reply(String text) {
    return new Reply(Integer.parseInt(text.substring(0, 3)), List.of(text.substring(4)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "554 5.7.1 Service unavailable; Client host [192.0.2.10] blocked using zen.spamhaus.org;"
            + " https://www.spamhaus.org/query/ip/192.0.2.10",
        "454 4.7.1 Service unavailable; Client host [192.0.2.10] blocked using dnsbl.sorbs.net;"
            + " Currently Sending Spam",
        "550 192.0.2.10 blacklisted see http://www.spamhaus.org/query/bl?ip=192.0.2.10",
        "550 5.2.1 Mailbox unavailable. Your IP address 192.0.2.10 is blacklisted using"
            + " SPAMHAUS-XBL.",
        "550 5.7.0 Your server IP address is in the SpamHaus SBL-XBL database, bye",
        "550 5.7.1 <sender@example.com>... 192.0.2.10 listed at zen.spamhaus.org",
        "550 5.7.1 Rejected: 192.0.2.10 listed at bl.example.net",
        "550 5.7.1 Blacklisted by zen.spamhaus.org. Please visit our site",
        "550 5.7.1 Mail from IP 192.0.2.10 was rejected due to listing in Spamhaus XBL.",
        "550 5.7.1 This system is configured to reject mail from mta.example.com. Connecting host"
            + " [192.0.2.10] is listed by the lookup site 'bl.example.net.'",
        "550 5.7.1 Your IP address is listed by our database, correct this",
        "553 5.7.1 [BL21] Connections will not be accepted from 192.0.2.10, because the ip is in"
            + " Spamhaus's list",
        "554 5.7.1 <to@example.com>: Recipient address rejected:"
            + " https://www.spamhaus.org/query/ip/192.0.2.10",
        "554 Refused. Your IP address is listed in the RBL at xbl.example.net",
        "554 mx.example.net bizsmtp IB105. Connection refused. 192.0.2.10 is listed on the Exploits"
            + " Block List (XBL)",
        "550 Rejected due to DNSBL server response (dnsbl.example.net - 192.0.2.10)",
        "554 *.example.net cmsmtp 5.7.1 Service unavailable; Client host [192.0.2.10] blocked using"
            + " cm-csi-v11; Cloudmark Poor Reputation Sender Blacklist",
        "554-mx.example.net Your access to this mail system has been rejected due to the sending"
            + " MTA's poor reputation. If you believe that this failure is in error, please contact"
            + " the intended recipient",
        "550 5.7.1 Unfortunately, messages from [192.0.2.10] weren't sent. Please contact your"
            + " Internet service provider since part of their network is on our block list (S3140).",
        "550 5.7.606 Access denied, banned sending IP [192.0.2.10]. To request removal from this"
            + " list please visit our page",
        "550 5.7.511 Access denied, banned sender[192.0.2.10]. To request removal from this list"
            + " please forward this message",
        "550 csi.mimecast.org Poor Reputation Sender. - https://community.example.net/DOC-1369#550",
        "550 Black listed at hostkarma http://ipadmin.junkemailfilter.com/remove.php?ip=192.0.2.10",
        "550 The sending IP (192.0.2.10) is listed on https://spamrl.com/. Please resolve this",
        "554 mx.example.net 192.0.2.10 found on one or more DNSBLs, see our page",
        "554 5.7.1 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.10",
        "550 5.7.1 Service unavailable, host [192.0.2.10] blocked using bl.spamcop.net",
        "550 http://www.barracudacentral.org/reputation?pr=1&ip=192.0.2.10",
        "554 Service unavailable; Client host [mta.example.com] blocked by bl.spamcop.net",
        "421 4.7.0 Try again later, your host is blocklisted",
        "550-5.7.1 [192.0.2.10] The IP you're using to send mail is not authorized; low reputation"
            + " of the sending IP address",
        "550 5.7.1 Client 2001:db8::10 is listed at bl.example.net",
      })
  void knows_replies_that_say_that_the_source_is_listed(String text) {
    assertThat(BlocklistReply.says(reply(text), SOURCE)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "550 5.1.1 <to@example.com>: Recipient address rejected: User unknown",
        "550 5.1.1 The user is not listed in the directory",
        "550 5.1.1 Recipient is not listed at this host",
        "550 5.7.1 Blacklisted by recipient",
        "550 5.7.1 The recipient has blocked you",
        "550 5.7.1 You are on the recipient's block list",
        "550 5.7.1 Your message was blocked by the recipient",
        "550 5.2.1 The mailbox is blocked",
        "550 permanent failure for one or more recipients (to@example.com:blocked)",
        "550 5.7.1 Sender address blacklisted",
        "554 5.7.1 Service unavailable; Sender address [a@example.com] blocked using"
            + " dbl.spamhaus.org; https://www.spamhaus.org/query/domain/example.com",
        "554 5.7.1 Service unavailable; Helo command rejected: mta.example.com blocked using"
            + " dbl.spamhaus.org",
        "554 5.7.1 Service unavailable; Client host [mta.example.com] blocked using"
            + " multi.uribl.com",
        "550 5.7.1 Your domain example.com is on our blacklist",
        "550 5.7.1 Message contains a URL that is on our blacklist",
        "550 5.7.1 Message rejected, content on block list",
        "550-5.7.1 likely unsolicited mail due to the very low reputation of the sending domain",
        "421 4.7.1 Service unavailable; Client host [192.0.2.10] blocked using grey.rbl -"
            + " Greylisting in action, please try again later",
        "450 4.2.0 <to@example.com>: Recipient address rejected: Greylisted",
        "552 5.7.0 This message was blocked because its content presents a potential security"
            + " issue",
        "451 4.7.500 Server busy. Please try again later from [192.0.2.10]",
        "550 5.7.1 Mailing list: you are not allowed to post",
        "554 5.7.1 <blacklist@example.com>: Relay access denied",
        "550 5.7.1 (d12345.ess.barracudanetworks.com) Recipient unknown",
        "250 2.0.0 blocked using nothing",
        "554 5.7.1 Spam message rejected",
      })
  void lets_all_other_replies_be(String text) {
    assertThat(BlocklistReply.says(reply(text), SOURCE)).isFalse();
  }

  @Test
  void believes_a_reply_to_the_content_only_if_it_names_the_source() {
    Reply about = reply("554 5.7.1 [192.0.2.10] is listed by zen.spamhaus.org");
    assertThat(BlocklistReply.saysOfContent(about, SOURCE)).isTrue();
    assertThat(BlocklistReply.saysOfContent(about, "192.0.2.1")).isFalse();
    assertThat(BlocklistReply.saysOfContent(about, "92.0.2.10")).isFalse();
    assertThat(
            BlocklistReply.saysOfContent(
                reply("554 5.7.1 A link in your message is listed by spamhaus"), SOURCE))
        .isFalse();
  }

  @Test
  void reads_all_lines_of_a_reply() {
    Reply reply =
        new Reply(554, List.of("5.7.1 No mail", "5.7.1 since", "5.7.1 you are in bl.spamcop.net"));
    assertThat(BlocklistReply.says(reply, SOURCE)).isTrue();
  }

  @Test
  void takes_no_long_time_for_any_text() {
    Random random = new Random(7);
    String[] parts = {"block", "list", " ", "ip", "domain ", "url ", "@", "a", "1.2.3.4 ", "from "};
    long start = System.nanoTime();
    for (int i = 0; i < 300; i++) {
      StringBuilder text = new StringBuilder("5.7.1 ");
      String part = parts[random.nextInt(parts.length)];
      while (text.length() < 3000) {
        text.append(random.nextInt(4) == 0 ? parts[random.nextInt(parts.length)] : part);
      }
      BlocklistReply.says(new Reply(550, List.of(text.toString())), SOURCE);
    }
    long micros = (System.nanoTime() - start) / 300 / 1000;
    assertThat(micros).as("microseconds for each").isLessThan(50_000);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "450 4.2.0 <to@example.com>: Recipient address rejected: Greylisted, see our help page",
        "451 4.7.1 Greylisting in action, please come back in 00:05:00",
        "450 4.7.1 Graylisted, try again in 5 minutes",
        "421 4.7.1 Client host [192.0.2.10] blocked using grey.rbl",
      })
  void knows_greylisting(String text) {
    assertThat(Greylisting.says(text)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "550 5.7.1 Greylisted for ever",
        "450 4.2.1 The user is over quota",
        "451 4.7.1 Try again later",
      })
  void knows_what_is_no_greylisting(String text) {
    assertThat(Greylisting.says(text)).isFalse();
  }
}
