package io.mailraft.node.mime;

import jakarta.mail.MessagingException;
import jakarta.mail.internet.MimeBodyPart;
import jakarta.mail.util.StreamProvider;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.eclipse.angus.mail.util.MailStreamProvider;

/**
 * The tree of parts that a letter becomes, built as Nodemailer builds it.
 *
 * <pre>
 * multipart/mixed            where there are attachments beside text, or several
 *   multipart/alternative    where there are several forms of the text
 *     text/plain ...
 *     multipart/related      where attachments have a cid and there is HTML
 *       text/html
 *       images ...
 *   attachments ...
 * </pre>
 */
final class Composer {
  private static final String CALENDAR_FILE = "invite.ics";

  static {
    // Jakarta Mail looks its implementation up in all jars for every part that it makes, unless it
    // is named: a third of the CPU time of a message by HTTP.
    String choice = StreamProvider.class.getName();
    if (System.getProperty(choice) == null) {
      System.setProperty(choice, MailStreamProvider.class.getName());
    }
  }

  private final Letter letter;
  private final List<Leaf> alternatives = new ArrayList<>();
  private final List<Leaf> attached = new ArrayList<>();
  private final List<Leaf> related = new ArrayList<>();
  private Optional<Leaf> html = Optional.empty();

  Composer(Letter letter) {
    this.letter = letter;
  }

  /**
   * Checks everything that can be checked without writing.
   *
   * @throws io.mailraft.node.json.InputException if a part cannot be made
   */
  void check() throws IOException {
    gather();
    for (List<Leaf> leaves : List.of(alternatives, attached, related)) {
      for (Leaf leaf : leaves) {
        leaf.check();
      }
    }
  }

  /** Writes the fields of the outermost part, an empty line, and the content. */
  void writeTo(OutputStream out) throws IOException {
    gather();
    try {
      root().writeTo(out);
    } catch (MessagingException e) {
      throw new IOException("a message could not be written", e);
    }
  }

  private void gather() throws IOException {
    alternatives.clear();
    attached.clear();
    related.clear();
    html = Optional.empty();
    String encoding = letter.transferEncoding;
    letter.text.ifPresent(part -> text(part, "text/plain; charset=utf-8"));
    letter.amp.ifPresent(part -> text(part, "text/x-amp-html; charset=utf-8"));
    letter.html.ifPresent(part -> text(part, "text/html; charset=utf-8"));
    letter.calendar.ifPresent(
        part ->
            text(
                part,
                "text/calendar; charset=utf-8; method="
                    + (part.method.isEmpty() ? "PUBLISH" : part.method)));
    for (Part part : letter.alternatives) {
      alternatives.add(Leaf.alternative(part, encoding));
    }
    for (Leaf leaf : alternatives) {
      html = leaf.isHtml() ? Optional.of(leaf) : html;
    }
    for (int i = 0; i < letter.attachments.size(); i++) {
      Part part = letter.attachments.get(i);
      Leaf leaf = Leaf.attachment(part, i + 1);
      (html.isPresent() && !part.cid.isEmpty() ? related : attached).add(leaf);
    }
    if (letter.calendar.isPresent()) {
      attached.add(Leaf.calendarFile(letter.calendar.get(), CALENDAR_FILE));
    }
  }

  private void text(Part part, String type) {
    alternatives.add(Leaf.text(part, type, letter.transferEncoding));
  }

  private MimeBodyPart root() throws IOException, MessagingException {
    boolean mixed = attached.size() > 1 || (!alternatives.isEmpty() && !attached.isEmpty());
    if (!mixed) {
      return alternatives.isEmpty() && !attached.isEmpty()
          ? attached.getFirst().part()
          : readable();
    }
    Branch branch = new Branch("mixed");
    if (!alternatives.isEmpty()) {
      branch.addBodyPart(readable());
    }
    for (Leaf leaf : attached) {
      branch.addBodyPart(leaf.part());
    }
    return branch.part();
  }

  /** What a reader shows: one text, or several forms of it. */
  private MimeBodyPart readable() throws IOException, MessagingException {
    if (alternatives.isEmpty()) {
      return Leaf.text(new Part("text"), "text/plain", "").part();
    }
    if (alternatives.size() == 1) {
      return withRelated(alternatives.getFirst());
    }
    Branch branch = new Branch("alternative");
    for (Leaf leaf : alternatives) {
      branch.addBodyPart(withRelated(leaf));
    }
    return branch.part();
  }

  private MimeBodyPart withRelated(Leaf leaf) throws IOException, MessagingException {
    if (related.isEmpty() || html.isEmpty() || leaf != html.get()) {
      return leaf.part();
    }
    Branch branch = new Branch("related; type=\"text/html\"");
    branch.addBodyPart(leaf.part());
    for (Leaf image : related) {
      branch.addBodyPart(image.part());
    }
    return branch.part();
  }
}
