package io.mailraft.config;

/**
 * Settings that cannot be used. The message names the file, the line, what is wrong and what would
 * be right.
 */
public final class ConfigException extends Exception {
  private static final long serialVersionUID = 1L;

  public ConfigException(String message) {
    super(message);
  }

  public ConfigException(String message, Throwable cause) {
    super(message, cause);
  }
}
