package io.mailraft.ops.house;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.EvaluationResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The modules know only whom DESIGN §3 lets them know. */
final class ArrowsTest {
  private static final String ROOT = "io.mailraft";
  private static final String PLANTED = "io.mailraft.ops.house.planted";

  private static final JavaClasses PROGRAM =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages(ROOT);

  @Test
  void everyModuleIsSeen() {
    Set<String> seen =
        PROGRAM.stream()
            .map(type -> type.getPackageName().split("\\.", -1)[2])
            .collect(Collectors.toSet());
    assertThat(seen)
        .contains("api", "config", "router", "queue", "testkit", "delivery", "node", "ops");
  }

  @Test
  void modulesFollowTheArrows() {
    assertThat(violations(Arrows.modules(ROOT), PROGRAM)).isEmpty();
  }

  @Test
  void aLibraryHasOneKeeper() {
    assertThat(violations(Arrows.libraries(ROOT), PROGRAM)).isEmpty();
  }

  @Test
  void packagesAreNamedForADuty() {
    assertThat(violations(List.of(Arrows.names(ROOT)), PROGRAM)).isEmpty();
  }

  @Test
  void plantedViolationsAreCaughtAndNothingElseIs() {
    JavaClasses planted = new ClassFileImporter().importPackages(PLANTED);
    List<String> violations = violations(Arrows.modules(PLANTED), planted);
    assertThat(violations)
        .anyMatch(text -> text.contains("delivery.KnowsTheQueue") && text.contains("queue.Shard"))
        .anyMatch(text -> text.contains("node.KnowsOps") && text.contains("ops.Console"))
        .anyMatch(text -> text.contains("util.Odds"))
        .noneMatch(text -> text.contains("ops.UsesTestkit"))
        .noneMatch(text -> text.contains("node.KnowsTheQueue"));
    assertThat(violations(List.of(Arrows.names(PLANTED)), planted))
        .hasSize(1)
        .allMatch(text -> text.contains("util.Odds"));
    assertThat(violations(Arrows.libraries(PLANTED), planted))
        .isNotEmpty()
        .allMatch(text -> text.contains("delivery.ReadsYaml"));
  }

  private static List<String> violations(List<ArchRule> rules, JavaClasses classes) {
    List<String> violations = new ArrayList<>();
    for (ArchRule rule : rules) {
      EvaluationResult result = rule.evaluate(classes);
      for (String detail : result.getFailureReport().getDetails()) {
        violations.add(detail + " (" + rule.getDescription() + ")");
      }
    }
    return violations;
  }
}
