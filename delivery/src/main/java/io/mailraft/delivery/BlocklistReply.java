package io.mailraft.delivery;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Tells replies that say "your address is on a blocklist" from all others.
 *
 * <p>Such a reply says nothing of the message or the recipient: another source may be welcome. Not
 * meant are lists of domains and links (which every source would meet alike), a recipient's own
 * list of unwelcome senders, and greylisting. In doubt it is no: a wrong yes costs the site a
 * source for hours.
 */
final class BlocklistReply {
  private static final Pattern MAIL_ADDRESS = Pattern.compile("[^\\s<>@]{1,64}@[^\\s<>@]{1,255}");

  /** Without any of these nothing else is looked for. */
  private static final Pattern HINT =
      Pattern.compile(
          "list|rbl|dnsbl|spamhaus|spamcop|sorbs|barracudacentral|block|banned|reputation");

  private static final Pattern GREY = Pattern.compile("gr[ea]y[ -]?list|grey\\.rbl");

  /** Lists of domains and links, by name. */
  private static final Pattern DOMAIN_LIST =
      Pattern.compile("\\buribl|\\bsurbl|\\bdbl\\b|\\brhsbl|\\bdomain (block|black) ?list");

  /** What is on a list is a domain, an envelope address, a HELO name, or a part of the message. */
  private static final Pattern NOT_OF_SOURCE =
      Pattern.compile(
          "\\b(sender|e-?mail|from|return) (address|domain)\\b(?! ?\\[?\\d+\\.\\d+)[^;]{0,80}"
              + "(block|black|list|reputation)"
              + "|\\bdomain\\b(?!('s)? ip)[^;]{0,40}((block|black)[ -]?list|reputation)"
              + "|reputation of the (sending |sender )?domain"
              + "|\\bhelo\\b[^;.]{0,80}(block|black|list)"
              + "|\\b(urls?|uris?|links?|web ?sites?|attachments?|content|phrases?|words?)\\b"
              + "[^;.]{0,60}(block|black)[ -]?list"
              + "|(block|black)[ -]?listed[^;.]{0,30}\\b(urls?|uris?|links?|content|words?)\\b");

  /** The recipient, or whoever stands for it, has said no. */
  private static final Pattern OF_RECIPIENT =
      Pattern.compile(
          "(block|black)[ -]?list(ed)? (by|of) (the )?(recipient|user|addressee|customer)"
              + "|\\b(recipient|user|addressee|customer|mailbox)('s|s')?( (own|personal))?"
              + " ((block|black)[ -]?list|(is|was|has been|blocked|blacklisted|blocklisted))"
              + "|\\bhas blocked\\b|\\bblocked by (the )?(recipient|user|addressee|customer)"
              + "|\\bnot (be )?listed\\b");

  /** Well-known lists of addresses, by name. */
  private static final Pattern LIST_NAME =
      Pattern.compile(
          "\\bspamhaus\\b|\\bspamcop\\b|\\bsorbs\\b|\\bbarracudacentral\\b|\\bbarracuda reputation"
              + "|\\babuseat\\b|\\bdns-?bls?\\b|\\brbl\\b|\\brbls\\b|\\buceprotect|\\bmailspike\\b"
              + "|\\binvaluement\\b|\\bpsbl\\b|\\bjunkemailfilter\\b|\\bspamrl\\b|\\babusix\\b"
              + "|\\bipcheck\\.proofpoint\\b|\\bcsi\\.cloudmark\\b|\\bsenderscore\\b");

  private static final Pattern PHRASE =
      Pattern.compile(
          "\\bblocked using\\b|(block|black|deny)[ -]?list(ed|ing|s)?\\b"
              + "|\\b(poor|bad|low) reputation\\b|\\bbanned send(er|ing)\\b ?(ip\\b|\\[?\\d+\\.)");

  /** Something that is a host is listed somewhere. */
  private static final Pattern HOST_LISTED =
      Pattern.compile(
          "(\\bip\\b|\\bhost\\b|\\bclient\\b|\\bserver\\b|\\d{1,3}(\\.\\d{1,3}){3}|[0-9a-f]{1,4}::?[0-9a-f])"
              + "[^;]{0,60}\\b(is |was )?(listed|found) (by|at|in|on)\\b");

  private BlocklistReply() {}

  /** Whether a reply at the greeting, to EHLO, MAIL, RCPT or DATA says so. */
  static boolean says(Reply reply, String source) {
    if (reply.code() < 400) {
      return false;
    }
    String raw = reply.text().toLowerCase(Locale.ROOT);
    if (!HINT.matcher(raw).find()) {
      return false;
    }
    String text = MAIL_ADDRESS.matcher(raw).replaceAll("@");
    if (GREY.matcher(text).find() || DOMAIN_LIST.matcher(text).find()) {
      return false;
    }
    boolean list = LIST_NAME.matcher(text).find();
    if (list && names(text, source)) {
      return true;
    }
    if (NOT_OF_SOURCE.matcher(text).find() || OF_RECIPIENT.matcher(text).find()) {
      return false;
    }
    return list || PHRASE.matcher(text).find() || HOST_LISTED.matcher(text).find();
  }

  /**
   * Whether a reply to the content says so. What is wrong with the content may be on a list, too,
   * so the source must be named.
   */
  static boolean saysOfContent(Reply reply, String source) {
    return names(reply.text().toLowerCase(Locale.ROOT), source) && says(reply, source);
  }

  private static boolean names(String text, String source) {
    int at = source.isEmpty() ? -1 : text.indexOf(source.toLowerCase(Locale.ROOT));
    int end = at + source.length();
    return at >= 0
        && (at == 0 || !Character.isLetterOrDigit(text.charAt(at - 1)))
        && (end == text.length() || !Character.isLetterOrDigit(text.charAt(end)));
  }
}
