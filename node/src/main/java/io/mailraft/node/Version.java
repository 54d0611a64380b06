package io.mailraft.node;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

/** The version of this build. */
final class Version {
  private Version() {}

  /** As the build has it; {@code unknown} where the classes were not built by it. */
  static String text() {
    try (InputStream in = Version.class.getResourceAsStream("version.properties")) {
      if (in == null) {
        return "unknown";
      }
      Properties properties = new Properties();
      properties.load(in);
      return properties.getProperty("version", "unknown");
    } catch (IOException e) {
      throw new IllegalStateException("the version of this build cannot be read", e);
    }
  }
}
