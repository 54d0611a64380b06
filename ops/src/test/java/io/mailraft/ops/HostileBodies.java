package io.mailraft.ops;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Requests that must be refused, made from a good one by a seeded generator. */
final class HostileBodies {
  /** A message with every field, which is taken as it is. */
  static final String GOOD =
      """
      {"from": {"name": "Sender", "address": "sender@example.com"}, "sender": "other@example.com",
      "to": ["one@example.net", {"name": "Two", "address": "two@example.net"}],
      "cc": "Team: a@example.net, b@example.net;", "bcc": "hidden@example.net",
      "replyTo": "reply@example.com", "subject": "hello", "text": "hello world!",
      "html": "<b>hello</b>", "amp": "<b>hello</b>", "messageId": "<1@example.com>",
      "inReplyTo": "<0@example.com>", "references": ["<0@example.com>"],
      "date": "2026-01-31T12:00:00Z", "priority": "high", "encoding": "base64",
      "headers": {"X-One": "one"},
      "list": {"help": {"url": "https://example.com/help", "comment": "Help"}},
      "icalEvent": {"method": "REQUEST", "filename": "invite.ics", "content": "BEGIN:VCALENDAR"},
      "alternatives": [{"contentType": "text/x-web-markdown", "content": "**hello**"}],
      "attachments": [{"filename": "a.txt", "content": "aGVsbG8=", "encoding": "base64",
      "contentType": "text/plain", "contentDisposition": "attachment", "cid": "a@example.com",
      "headers": {"X-Two": "two"}}],
      "envelope": {"from": "bounce@example.com", "to": ["one@example.net"]}}""";

  private static final List<String> ADDRESSES =
      List.of("sender", "to[0]", "cc", "bcc", "replyTo", "envelope.from", "envelope.to[0]");

  /** Strings that become a part of a header or of the envelope. */
  private static final List<String> STRINGS =
      List.of(
          "from.name",
          "from.address",
          "sender",
          "to[0]",
          "to[1].name",
          "to[1].address",
          "cc",
          "bcc",
          "replyTo",
          "subject",
          "messageId",
          "inReplyTo",
          "references[0]",
          "date",
          "priority",
          "encoding",
          "headers.X-One",
          "list.help.url",
          "list.help.comment",
          "icalEvent.method",
          "icalEvent.filename",
          "alternatives[0].contentType",
          "attachments[0].filename",
          "attachments[0].contentType",
          "attachments[0].contentDisposition",
          "attachments[0].cid",
          "attachments[0].encoding",
          "attachments[0].headers.X-Two",
          "envelope.from",
          "envelope.to[0]");

  private static final List<String> CONTENTS =
      List.of("text", "html", "amp", "icalEvent.content", "attachments[0].content");

  /** CR, LF, NUL, what narrows to them, halves of pairs; as JSON escapes them. */
  private static final List<String> FORBIDDEN =
      List.of(
          "\\r",
          "\\n",
          "\\r\\n",
          "\\u0000",
          "\\u760a",
          "\\u760d",
          "\\ud800",
          "\\udc00",
          "\\ud800\\ud800",
          "\\u000b",
          "\\u0085",
          "\\u2028");

  private static final List<String> UNBALANCED =
      List.of(
          "\"a <a@example.net>",
          "a@example.net>",
          "<a@example.net",
          "(a a@example.net",
          "a) a@example.net",
          "[a@example.net",
          "\"a\\\" <a@example.net>",
          "Group: a@example.net",
          "<<a@example.net>>",
          "a@[127.0.0.1",
          "a\\@example.net",
          "a@example.net b@example.net",
          "((((((((((((((((((a))))))))))))))))) a@example.net",
          "<a@example.net> b");

  private static final byte[][] NO_UTF8 = {
    {(byte) 0xff},
    {(byte) 0xc0, (byte) 0xaf},
    {(byte) 0xed, (byte) 0xa0, (byte) 0x80},
    {(byte) 0xf5, (byte) 0x80, (byte) 0x80, (byte) 0x80},
    {(byte) 0xe2, (byte) 0x82},
    {(byte) 0x80}
  };

  private static final String MAIL_HEADER =
      "From: sender@example.com\r\nTo: one@example.net\r\nSubject: raw\r\n";

  private HostileBodies() {}

  /**
   * A request.
   *
   * @param path where it is posted
   * @param bytes its body
   * @param names what the refusal begins with, such as a JSON path; empty where there is none
   * @param kind what is wrong with it, for messages of tests
   */
  @SuppressWarnings("ArrayRecordComponent") // Nobody compares these records.
  record Body(String path, byte[] bytes, String names, String kind) {
    String type() {
      return path.startsWith("/send-raw") ? HttpCalls.MAIL : HttpCalls.JSON;
    }
  }

  /** The request of that seed: the same one each time. */
  static Body of(int seed) {
    Random random = new Random(seed);
    return switch (seed % 16) {
      case 0 -> truncated(random);
      case 1 -> nested(random);
      case 2 -> twice(random);
      case 3 -> number(random);
      case 4 -> wrongType(random);
      case 5 -> noUtf8(random);
      case 6, 7, 8, 9 -> forbidden(random);
      case 10 -> overlong(random);
      case 11 -> unbalanced(random);
      case 12 -> bomb(random);
      case 13 -> fileOrUrl(random);
      case 14 -> unknownField(random);
      default -> rawMessage(random);
    };
  }

  private static Body json(String text, String names, String kind) {
    return new Body("/send", text.getBytes(StandardCharsets.UTF_8), names, kind);
  }

  private static <T> T any(Random random, List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  /** GOOD with another value at the path. */
  private static String with(String path, JsonElement value) {
    JsonObject whole = JsonParser.parseString(GOOD).getAsJsonObject();
    List<String> steps = steps(path);
    JsonElement at = whole;
    for (String step : steps.subList(0, steps.size() - 1)) {
      at = child(at, step);
    }
    String last = steps.getLast();
    if (at instanceof JsonArray array) {
      array.set(Integer.parseInt(last), value);
    } else {
      at.getAsJsonObject().add(last, value);
    }
    return whole.toString();
  }

  private static String with(String path, String value) {
    return with(path, new JsonPrimitive(value));
  }

  private static String valueOf(String path) {
    JsonElement at = JsonParser.parseString(GOOD);
    for (String step : steps(path)) {
      at = child(at, step);
    }
    return at.getAsString();
  }

  private static List<String> steps(String path) {
    return Arrays.stream(path.split("[.\\[\\]]+", -1)).filter(step -> !step.isEmpty()).toList();
  }

  private static JsonElement child(JsonElement of, String step) {
    return of instanceof JsonArray array
        ? array.get(Integer.parseInt(step))
        : of.getAsJsonObject().get(step);
  }

  private static Body truncated(Random random) {
    return json(GOOD.substring(0, random.nextInt(GOOD.length())), "", "truncated");
  }

  private static Body nested(Random random) {
    int depth = 3 + random.nextInt(random.nextBoolean() ? 20 : 100_000);
    boolean objects = random.nextBoolean();
    String deep =
        (objects ? "{\"a\":" : "[").repeat(depth) + "1" + (objects ? "}" : "]").repeat(depth);
    String path = any(random, List.of("to", "attachments", "headers", "subject", "text", "list"));
    return json(
        with(path, "@@").replace("\"@@\"", deep), "", "nested " + depth + " deep in " + path);
  }

  private static Body twice(Random random) {
    List<String> fields =
        List.of("\"subject\"", "\"to\"", "\"address\"", "\"filename\"", "\"url\"");
    String field = any(random, fields);
    return json(GOOD.replaceFirst(field, field + ": null, " + field), "", field + " twice");
  }

  private static Body number(Random random) {
    String number =
        any(
            random,
            List.of(
                "1e999999",
                "-1e-999999",
                "9".repeat(400),
                "0." + "1".repeat(100_000),
                "1E400",
                "253402300800000",
                "-99999999999999",
                "NaN",
                "Infinity",
                "0x10",
                "01",
                "1.5"));
    String path = any(random, List.of("date", "subject", "to[0]", "attachments[0].cid"));
    return json(
        with(path, "@@").replace("\"@@\"", number), "", number.length() + " digits in " + path);
  }

  private static Body wrongType(Random random) {
    List<String> paths = new ArrayList<>(STRINGS);
    paths.remove("headers.X-One");
    paths.remove("attachments[0].headers.X-Two");
    paths.addAll(CONTENTS);
    paths.addAll(List.of("headers", "attachments", "alternatives", "envelope", "list"));
    String path = any(random, paths);
    // A date may be a number.
    String value = path.equals("date") ? "true" : any(random, List.of("17", "true", "1.25"));
    return json(
        with(path, "@@").replace("\"@@\"", value), path, "the type of " + path + " is wrong");
  }

  private static Body noUtf8(Random random) {
    if (random.nextInt(4) == 0) {
      String name = any(random, List.of("UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE", "UTF-16"));
      return new Body("/send", GOOD.getBytes(Charset.forName(name)), "", name);
    }
    byte[] whole = GOOD.getBytes(StandardCharsets.UTF_8);
    int at = random.nextInt(whole.length);
    byte[] wrong = NO_UTF8[random.nextInt(NO_UTF8.length)];
    byte[] bytes = Arrays.copyOf(whole, whole.length + wrong.length);
    System.arraycopy(wrong, 0, bytes, at, wrong.length);
    System.arraycopy(whole, at, bytes, at + wrong.length, whole.length - at);
    return new Body("/send", bytes, "", "no UTF-8 at " + at);
  }

  private static Body forbidden(Random random) {
    String path = any(random, STRINGS);
    String value = valueOf(path);
    int at = 1 + random.nextInt(value.length() - 1);
    String character = any(random, FORBIDDEN);
    return json(
        with(path, value.substring(0, at) + "@@" + value.substring(at)).replace("@@", character),
        path,
        character + " in " + path);
  }

  private static Body overlong(Random random) {
    String path = any(random, STRINGS);
    int length = 20_000 + random.nextInt(300_000);
    return json(with(path, valueOf(path) + "x".repeat(length)), path, path + " is overlong");
  }

  private static Body unbalanced(Random random) {
    String path = any(random, ADDRESSES);
    String value = any(random, UNBALANCED);
    return json(with(path, value), path, value + " in " + path);
  }

  private static Body bomb(Random random) {
    return switch (random.nextInt(9)) {
      case 0 ->
          json(
              with("attachments[0].content", "A".repeat(400_001)),
              "attachments[0].content",
              "base64 that ends early");
      case 1 ->
          json(
              with("attachments[0].content", "AAAA".repeat(100_000) + "=A"),
              "attachments[0].content",
              "base64 that goes on");
      case 2 ->
          json(
              with("text", JsonParser.parseString("{\"content\": \"zz\", \"encoding\": \"hex\"}")),
              "text.content",
              "no hex");
      case 3 ->
          json(
              with("attachments", many("{\"content\": \"x\"}", 1_001)),
              "attachments",
              "too many parts");
      case 4 ->
          json(
              with("headers", JsonParser.parseString("{\"X-A\": " + many("\"x\"", 1_001) + "}")),
              "headers.X-A",
              "too many headers");
      case 5 ->
          json(
              with("to", many("\"one@example.net\"", 200_000)), "to[", "fields of more than 4 MiB");
      case 6 ->
          json(
              with("attachments[0].contentType", "message/rfc822")
                  .replace("\"cid\"", "\"contentTransferEncoding\":\"quoted-printable\",\"cid\""),
              "attachments[0].contentTransferEncoding",
              "quoted-printable of what is no text");
      case 7 -> json("[" + GOOD + "]", "", "a list");
      default -> json(GOOD + GOOD, "", "two documents");
    };
  }

  private static JsonArray many(String item, int count) {
    JsonArray array = new JsonArray();
    JsonElement one = JsonParser.parseString(item);
    for (int i = 0; i < count; i++) {
      array.add(one);
    }
    return array;
  }

  private static Body fileOrUrl(Random random) {
    String name = random.nextBoolean() ? "path" : "href";
    String value = name.equals("path") ? "/etc/hostname" : "http://127.0.0.1:8080/readyz";
    String part = "{\"" + name + "\": \"" + value + "\"}";
    String at =
        any(
            random,
            List.of(
                "",
                "text",
                "html",
                "amp",
                "icalEvent",
                "raw",
                "attachments[0]",
                "alternatives[0]",
                "attachments"));
    String path = at.isEmpty() ? name : at + "." + name;
    String text = at.isEmpty() ? with(name, value) : with(at, JsonParser.parseString(part));
    return json(text, path, path);
  }

  private static Body unknownField(Random random) {
    String at =
        any(
            random,
            List.of("", "to[1].", "envelope.", "attachments[0].", "list.help.", "icalEvent."));
    String path = at + any(random, List.of("subjct", "__proto__", "constructor", "$ref", "@type"));
    return json(with(path, "x"), path, "the unknown field " + path);
  }

  private static Body rawMessage(Random random) {
    String wrong =
        switch (random.nextInt(9)) {
          case 0 -> MAIL_HEADER + "\r\nbody with \0 in it\r\n";
          case 1 -> MAIL_HEADER + "\r\nbody with \r in it\r\n";
          case 2 -> MAIL_HEADER + "\r\n" + "x".repeat(1 << 20);
          case 3 -> "From: sender@example.com\r\nSubject: nobody\r\n\r\nbody\r\n";
          case 4 -> "From: sender@example.com\r\nTo: <one@example.net\r\n\r\nbody\r\n";
          case 5 -> "To: one@example.net\r\n\r\nfrom nobody\r\n";
          case 6 -> "Received: by a.example\r\n".repeat(60) + MAIL_HEADER + "\r\nbody\r\n";
          case 7 -> MAIL_HEADER + "X-Much: 0123456789\r\n".repeat(200_000) + "\r\nbody\r\n";
          default -> "";
        };
    String query =
        wrong.isEmpty()
            ? any(
                random,
                List.of(
                    "?to=%22a", "?to=a%0d%0ab@example.net", "?from=a&to=a@example.net", "?to=%00"))
            : "";
    String content = wrong.isEmpty() ? MAIL_HEADER + "\r\nbody\r\n" : wrong;
    return new Body(
        "/send-raw" + query, content.getBytes(StandardCharsets.UTF_8), "", "raw " + query);
  }
}
