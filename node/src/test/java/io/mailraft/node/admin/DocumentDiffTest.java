package io.mailraft.node.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import com.github.difflib.patch.PatchFailedException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class DocumentDiffTest {
  private static final int NO_CUT = Integer.MAX_VALUE;

  private static String diff(String old, String next) {
    return DocumentDiff.between("a", old, "b", next, NO_CUT);
  }

  private static String lines(int count, String text) {
    return IntStream.range(0, count).mapToObj(i -> text + i + "\n").collect(Collectors.joining());
  }

  @Test
  void itIsAUnifiedDiffWithThreeLinesAround() {
    assertThat(diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nx\n6\n7\n8\n9\n"))
        .isEqualTo(
            """
            --- a
            +++ b
            @@ -2,7 +2,7 @@
             2
             3
             4
            -5
            +x
             6
             7
             8
            """);
  }

  @Test
  void textsWithTheSameLinesDoNotDiffer() {
    assertThat(diff("a\nb\n", "a\nb\n")).isEmpty();
    assertThat(diff("a\nb", "a\nb\n")).isEmpty();
    assertThat(diff("", "")).isEmpty();
    assertThat(DocumentDiff.same("a\nb", "a\nb\n")).isTrue();
    assertThat(DocumentDiff.same("a\nb\n", "a\nb\n\n")).isFalse();
    assertThat(DocumentDiff.same("a\r\n", "a\n")).isFalse();
    assertThat(diff("", "a\n")).contains("+a\n");
    assertThat(diff("a\n", "")).contains("-a\n");
  }

  @Test
  void whatIsTooLongIsCutAfterAWholeLineAndCounted() {
    String whole = diff("", lines(100, "zone"));
    String cut = DocumentDiff.between("a", "", "b", lines(100, "zone"), 60);
    assertThat(cut).startsWith(whole.substring(0, 30));
    List<String> kept = cut.lines().toList();
    assertThat(kept.getLast())
        .isEqualTo("... and " + (whole.lines().count() - kept.size() + 1) + " more lines");
    assertThat(cut.length()).isLessThan(60 + kept.getLast().length() + 2);
  }

  @Test
  @Timeout(20)
  void textsThatHaveNothingInCommonCostLittle() {
    String diff =
        diff("head\n" + lines(150_000, "a") + "tail\n", "head\n" + lines(150_000, "b") + "tail\n");
    assertThat(diff.lines().filter(line -> line.startsWith("-a"))).hasSize(150_000);
    assertThat(diff.lines().filter(line -> line.startsWith("+b"))).hasSize(150_000);
    assertThat(diff.lines()).contains(" head", " tail");
    assertThat(diff("\n".repeat(3_000_000), "x\n")).contains("+x\n");
  }

  @Test
  void fewChangesFarApartInALargeTextAreFoundOneByOne() {
    String old = lines(100_000, "line ");
    String next = old.replace("line 17\n", "").replace("line 99980\n", "line 99980\nmore\n");
    assertThat(diff(old, next).lines().filter(line -> line.matches("[-+][^-+].*")))
        .containsExactly("-line 17", "+more");
  }

  @Test
  void appliedToTheOldTextItGivesTheNewOne() {
    long seed = Long.getLong("mailraft.seed", 20_261_207L);
    Random random = new Random(seed);
    for (int round = 0; round < 300; round++) {
      // The greater numbers go past the bound up to which the least difference is looked for.
      int size = round % 50 == 0 ? 3 * DocumentDiff.STEPS_MAX : 40;
      List<String> old = words(random, random.nextInt(size));
      List<String> next = words(random, random.nextInt(size));
      List<String> diff =
          DocumentDiff.between("a", String.join("\n", old), "b", String.join("\n", next), NO_CUT)
              .lines()
              .toList();
      String what = "seed %s, round %s".formatted(seed, round);
      assertThatCode(() -> assertThat(patched(old, diff)).as(what).isEqualTo(next))
          .as(what)
          .doesNotThrowAnyException();
    }
  }

  private static List<String> patched(List<String> old, List<String> diff)
      throws PatchFailedException {
    return DiffUtils.patch(old, UnifiedDiffUtils.parseUnifiedDiff(diff));
  }

  private static List<String> words(Random random, int count) {
    String[] words = new String[count];
    Arrays.setAll(words, i -> "w" + random.nextInt(30));
    return List.of(words);
  }
}
