package io.mailraft.ops.torture;

/**
 * Something that is not as it must be.
 *
 * @param check which check says so
 * @param text what is wrong, with an example where there is one
 */
public record Finding(Check check, String text) {
  @Override
  public String toString() {
    return check.word() + ": " + text;
  }
}
