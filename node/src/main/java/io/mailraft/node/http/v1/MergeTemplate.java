package io.mailraft.node.http.v1;

import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.MustacheException;
import com.samskivert.mustache.Template;
import io.mailraft.node.json.InputException;
import java.io.Writer;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A Mustache template for a field of a message. It sees the data of its recipient and nothing else:
 * no partials, no reflection, no lambdas. Text that it is given is bounded, its sections are few,
 * and so are its {@link MergeSteps} and what it writes.
 */
final class MergeTemplate {
  static final int TEMPLATE_CHARS_MAX = 256 << 10;
  static final int OUTPUT_CHARS_MAX = 256 << 10;

  /** Bounds how deep sections can stand within each other, and with that the stack. */
  static final int SECTIONS_MAX = 200;

  /** Comments do nothing, but in a loop they do it again and again. */
  static final int COMMENTS_MAX = 200;

  /** What opens a section, or a block, which is as deep. */
  private static final Pattern OPENING = Pattern.compile("\\{\\{\\s*[#^$<]");

  private static final Pattern COMMENT = Pattern.compile("\\{\\{\\s*!");

  /**
   * Other delimiters, which would hide sections from that count, and what reads other templates.
   */
  private static final Pattern REFUSED = Pattern.compile("\\{\\{\\s*[=><]");

  private static final Mustache.Compiler PLAIN =
      Mustache.compiler()
          .escapeHTML(false)
          .defaultValue("")
          .withLoader(
              name -> {
                throw new MustacheException("partials are not read");
              });

  private static final Mustache.Compiler HTML = PLAIN.escapeHTML(true);

  private final String path;
  private final MergeSteps steps;
  private final Template template;

  /**
   * Compiles a template. One thread uses it.
   *
   * @param path where it stands in the request
   * @param html whether values are escaped for HTML
   * @param steps what all templates of the message may do together
   * @throws InputException if it cannot be used
   */
  MergeTemplate(String path, String text, boolean html, MergeSteps steps) throws InputException {
    this.path = path;
    this.steps = steps;
    if (text.length() > TEMPLATE_CHARS_MAX) {
      throw InputException.field(
          path, "a template has at most " + TEMPLATE_CHARS_MAX + " characters");
    }
    if (REFUSED.matcher(text).find()) {
      throw InputException.field(
          path, "a template reads no other ones and keeps its delimiters: no {{>, {{< and {{=");
    }
    atMost(SECTIONS_MAX, "sections", OPENING, text);
    atMost(COMMENTS_MAX, "comments", COMMENT, text);
    try {
      this.template = (html ? HTML : PLAIN).withCollector(steps).withFormatter(steps).compile(text);
    } catch (MustacheException e) {
      throw wrong(e);
    }
  }

  private void atMost(int max, String what, Pattern pattern, String text) throws InputException {
    if (pattern.matcher(text).results().limit(max + 1L).count() > max) {
      throw InputException.field(path, "a template has at most " + max + " " + what);
    }
  }

  /**
   * Fills it.
   *
   * @throws InputException if that cannot be done, or becomes too large
   */
  String merge(Map<String, Object> data) throws InputException {
    Bounded out = new Bounded();
    try {
      template.execute(data, out);
    } catch (MustacheException e) {
      throw wrong(e);
    }
    return out.text.toString();
  }

  private InputException wrong(MustacheException e) {
    String why =
        steps.spent()
            ? "it takes more than " + MergeSteps.STEPS_MAX + " steps"
            : String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    InputException wrong =
        InputException.field(path, "the template cannot be merged: " + InputException.quoted(why));
    wrong.initCause(e);
    return wrong;
  }

  /** What a template writes, up to a limit. */
  private static final class Bounded extends Writer {
    private final StringBuilder text = new StringBuilder();

    @Override
    public void write(char[] chars, int offset, int count) {
      if (text.length() + count > OUTPUT_CHARS_MAX) {
        throw new MustacheException("it writes more than " + OUTPUT_CHARS_MAX + " characters");
      }
      text.append(chars, offset, count);
    }

    @Override
    public void flush() {
      // It is all in memory.
    }

    @Override
    public void close() {
      // Nothing to give back.
    }
  }
}
