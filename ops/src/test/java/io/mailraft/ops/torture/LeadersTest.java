package io.mailraft.ops.torture;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeadersTest {
  @TempDir private Path directory;

  private Path log(String node, String... lines) throws Exception {
    return Files.write(directory.resolve(node + ".err"), List.of(lines));
  }

  private static String line(String node, String group, String leader, int term, String why) {
    return "2026-01-01T00:00:00.000Z INFO  o.a.r.s.RaftServer$Division %s@%s: change Leader from null to %s at term %d for %s, leader elected after 3ms"
        .formatted(node, group, leader, term, why);
  }

  @Test
  void i1_two_leaders_in_a_term_are_found() throws Exception {
    Path one = log("n1", line("n1", "group-A", "n1", 4, "becomeLeader"));
    Path two = log("n2", line("n2", "group-A", "n2", 4, "becomeLeader"));
    assertThat(Leaders.of(List.of(one, two)))
        .containsExactly(
            new Finding(Check.LEADERS, "group-A had two leaders in term 4: n1 and n2"));
  }

  @Test
  void other_terms_other_groups_and_what_one_hears_of_another_are_nothing() throws Exception {
    Path one =
        log(
            "n1",
            line("n1", "group-A", "n1", 4, "becomeLeader"),
            line("n1", "group-A", "n1", 4, "becomeLeader"),
            line("n1", "group-B", "n1", 5, "becomeLeader"));
    Path two =
        log(
            "n2",
            line("n2", "group-A", "n1", 4, "appendEntries"),
            line("n2", "group-A", "n2", 5, "becomeLeader"));
    assertThat(Leaders.of(List.of(one, two))).isEmpty();
  }
}
