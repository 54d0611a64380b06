package io.mailraft.config;

import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * The cluster document as a YAML text: what operators write, the control group stores and every
 * node reads.
 */
public final class ClusterYaml {
  /** Largest text in UTF-8, in bytes; a record of the log may have 8 MiB. */
  public static final int TEXT_BYTES_MAX = 7 << 20;

  private static final Pattern VERSION = Pattern.compile("[1-9][0-9]{0,17}");

  /**
   * A text that can be used.
   *
   * @param version what its key {@code version} says
   * @param body the text without that key
   * @param settings what it says
   */
  public record Parsed(OptionalLong version, String body, ClusterSettings settings) {}

  private ClusterYaml() {}

  /**
   * Reads a text with the keys {@code version}, {@code zones}, {@code throttles}, {@code quotas}
   * and {@code blocklistPause}, each of which may be absent. The zones always hold {@code default}.
   *
   * @param name name of the text, as messages show it
   * @throws ConfigException as {@link ConfigLoader#load} does
   */
  public static ClusterSettings parse(String yaml, String name) throws ConfigException {
    return Document.read(
        yaml,
        name,
        root -> {
          var _ = version(root);
          return DocumentReader.read(root);
        });
  }

  /** As {@link #parse}, and tells the version from the rest. */
  public static Parsed read(String yaml, String name) throws ConfigException {
    if (yaml.getBytes(StandardCharsets.UTF_8).length > TEXT_BYTES_MAX) {
      throw new ConfigException(
          name + ":1: the text is larger than " + Sizes.format(TEXT_BYTES_MAX));
    }
    return Document.read(
        yaml,
        name,
        root -> {
          OptionalLong version = version(root);
          ClusterSettings settings = DocumentReader.read(root);
          String body = version.isPresent() ? VersionKey.without(yaml) : yaml;
          return new Parsed(version, body, settings);
        });
  }

  private static OptionalLong version(Section root) {
    return root.value("version", ClusterYaml::version)
        .map(OptionalLong::of)
        .orElseGet(OptionalLong::empty);
  }

  private static long version(String text) {
    if (!VERSION.matcher(text).matches()) {
      throw new IllegalArgumentException(
          Problems.quoted(text)
              + " is not a version; keep the number that \"mailraft config get\" printed");
    }
    return Long.parseLong(text);
  }

  /**
   * The text with {@code version} as its first key.
   *
   * @param body a text that can be read and has no such key
   */
  public static String withVersion(String body, long version) {
    return VersionKey.with(body, version);
  }

  /** A text that {@link #parse} reads back as equal settings in the same order. */
  public static String format(ClusterSettings settings) {
    return new ClusterWriter().write(settings);
  }
}
