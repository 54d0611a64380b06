package io.mailraft.ops.house;

/**
 * Something to tidy.
 *
 * @param path file, from the root of the repository
 * @param line counted from 1
 * @param text what is wrong
 */
record Finding(String path, int line, String text) {

  @Override
  public String toString() {
    return path + ":" + line + ": " + text;
  }
}
