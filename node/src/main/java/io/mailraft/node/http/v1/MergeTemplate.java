package io.mailraft.node.http.v1;

import com.samskivert.mustache.BasicCollector;
import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.MustacheException;
import com.samskivert.mustache.Template;
import io.mailraft.node.json.InputException;
import java.io.Writer;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A Mustache template for a field of a message. It sees the data of its recipient and nothing else:
 * no partials, no reflection, no lambdas. Text that it is given is bounded, its sections are few,
 * and so is what it writes.
 */
final class MergeTemplate {
  static final int TEMPLATE_CHARS_MAX = 256 << 10;
  static final int OUTPUT_CHARS_MAX = 256 << 10;

  /** Bounds how deep sections can stand within each other, and with that the stack. */
  static final int SECTIONS_MAX = 200;

  /** What opens a section, or a block, which is as deep. */
  private static final Pattern OPENING = Pattern.compile("\\{\\{\\s*[#^$<]");

  /**
   * Other delimiters, which would hide sections from that count, and what reads other templates.
   */
  private static final Pattern REFUSED = Pattern.compile("\\{\\{\\s*[=><]");

  private static final Mustache.Compiler PLAIN =
      Mustache.compiler()
          .escapeHTML(false)
          .defaultValue("")
          .withCollector(new MapsOnly())
          .withLoader(
              name -> {
                throw new MustacheException("partials are not read");
              });

  private static final Mustache.Compiler HTML = PLAIN.escapeHTML(true);

  private final String path;
  private final Template template;

  /** Finds values in maps alone. */
  private static final class MapsOnly extends BasicCollector {
    @Override
    public <K, V> Map<K, V> createFetcherCache() {
      return new HashMap<>();
    }
  }

  /**
   * Compiles a template. One thread uses it.
   *
   * @param path where it stands in the request
   * @param html whether values are escaped for HTML
   * @throws InputException if it cannot be used
   */
  MergeTemplate(String path, String text, boolean html) throws InputException {
    this.path = path;
    if (text.length() > TEMPLATE_CHARS_MAX) {
      throw InputException.field(
          path, "a template has at most " + TEMPLATE_CHARS_MAX + " characters");
    }
    if (REFUSED.matcher(text).find()) {
      throw InputException.field(
          path, "a template reads no other ones and keeps its delimiters: no {{>, {{< and {{=");
    }
    if (OPENING.matcher(text).results().limit(SECTIONS_MAX + 1L).count() > SECTIONS_MAX) {
      throw InputException.field(path, "a template has at most " + SECTIONS_MAX + " sections");
    }
    try {
      this.template = (html ? HTML : PLAIN).compile(text);
    } catch (MustacheException e) {
      throw wrong(e);
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
    String why = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
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
