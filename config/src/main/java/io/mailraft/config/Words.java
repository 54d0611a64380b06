package io.mailraft.config;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The words that stand for the constants of an enum: {@code recipient-domain}. */
final class Words {

  private Words() {}

  static String of(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * The constant that a word stands for.
   *
   * @throws IllegalArgumentException if it stands for none; the message names those that do
   */
  static <E extends Enum<E>> E parse(Class<E> type, String word) {
    return Arrays.stream(type.getEnumConstants())
        .filter(constant -> of(constant).equals(word))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    Problems.quoted(word)
                        + " is not one of "
                        + Arrays.stream(type.getEnumConstants())
                            .map(Words::of)
                            .collect(Collectors.joining(", "))));
  }
}
