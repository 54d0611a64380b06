package io.mailraft.ops.house;

import java.util.List;

/**
 * A Java source taken apart: what the compiler reads as code, and what as comments. Both keep every
 * line and column of the source, with blanks for all that belongs elsewhere; the insides of
 * literals are in neither.
 *
 * @param code lines of code, literals reduced to their quotes
 * @param comments lines of comments
 */
record JavaLayers(List<String> code, List<String> comments) {

  private enum State {
    CODE,
    LINE_COMMENT,
    BLOCK_COMMENT,
    STRING,
    CHARACTER,
    TEXT_BLOCK
  }

  static JavaLayers of(String source) {
    StringBuilder code = new StringBuilder(source.length());
    StringBuilder comments = new StringBuilder(source.length());
    State state = State.CODE;
    int i = 0;
    while (i < source.length()) {
      State before = state;
      int length = 1;
      switch (state) {
        case CODE -> {
          if (source.startsWith("//", i)) {
            state = State.LINE_COMMENT;
            length = 2;
          } else if (source.startsWith("/*", i)) {
            state = State.BLOCK_COMMENT;
            length = 2;
          } else if (source.startsWith("\"\"\"", i)) {
            state = State.TEXT_BLOCK;
            length = 3;
          } else if (source.charAt(i) == '"') {
            state = State.STRING;
          } else if (source.charAt(i) == '\'') {
            state = State.CHARACTER;
          }
        }
        case LINE_COMMENT -> state = source.charAt(i) == '\n' ? State.CODE : state;
        case BLOCK_COMMENT -> {
          if (source.startsWith("*/", i)) {
            state = State.CODE;
            length = 2;
          }
        }
        case STRING, CHARACTER -> {
          char end = state == State.STRING ? '"' : '\'';
          char c = source.charAt(i);
          length = c == '\\' ? 2 : 1;
          // A line end closes what the compiler would refuse anyway.
          state = c == end || c == '\n' ? State.CODE : state;
        }
        case TEXT_BLOCK -> {
          if (source.startsWith("\"\"\"", i)) {
            state = State.CODE;
            length = 3;
          } else if (source.charAt(i) == '\\') {
            length = 2;
          }
        }
      }
      for (int end = Math.min(i + length, source.length()); i < end; i++) {
        char c = source.charAt(i);
        boolean comment = isComment(before) || isComment(state);
        boolean quote = before != state && !comment;
        code.append(c == '\n' || (before == State.CODE && state == State.CODE) || quote ? c : ' ');
        comments.append(c == '\n' || comment ? c : ' ');
      }
    }
    return new JavaLayers(code.toString().lines().toList(), comments.toString().lines().toList());
  }

  private static boolean isComment(State state) {
    return state == State.LINE_COMMENT || state == State.BLOCK_COMMENT;
  }

  /** Whether a comment stands in the line or directly above it. */
  boolean hasReason(int index) {
    return !comments.get(index).isBlank()
        || (index > 0 && code.get(index - 1).isBlank() && !comments.get(index - 1).isBlank());
  }
}
