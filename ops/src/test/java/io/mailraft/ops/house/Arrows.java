package io.mailraft.ops.house;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.lang.ArchRule;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** DESIGN §3 as rules: which module may import which, and why. */
final class Arrows {
  /** One module and all that it may import of the others. */
  private record Arrow(String module, List<String> may, String because) {}

  /** A library that one module alone may touch. */
  private record Keeper(String module, String library, String because) {}

  private static final List<Arrow> ARROWS =
      List.of(
          new Arrow("api", List.of(), "formats depend on nothing, so that anything may read them"),
          new Arrow("config", List.of("api"), "the cluster document is stored in the api's form"),
          new Arrow(
              "router", List.of("config"), "pure functions over zones; no wire format, no I/O"),
          new Arrow(
              "queue",
              List.of("config", "api"),
              "the queue stores and agrees; it neither routes nor delivers nor serves"),
          new Arrow(
              "delivery",
              List.of("config", "router"),
              "the way out is tested without a queue: it states the interfaces that it needs"),
          new Arrow(
              "testkit", List.of(), "fixtures stand for the outside world, which knows us not"),
          new Arrow(
              "node",
              List.of("api", "config", "router", "queue", "delivery"),
              "the program wires everything, but works without its operator's tools"),
          new Arrow(
              "ops",
              List.of("api", "testkit"),
              "operators use the public API; the demo brings the testkit's sink and checker"));

  private static final List<Keeper> KEEPERS =
      List.of(
          new Keeper("queue", "org.apache.ratis..", "what replicates can be replaced in one place"),
          new Keeper("queue", "org.rocksdb..", "what stores can be replaced in one place"),
          new Keeper(
              "node", "org.subethamail..", "the SMTP server's traps are mended in one place"),
          new Keeper("config", "org.snakeyaml..", "YAML is read in one place, with its bounds"));

  private static final List<String> VAGUE_NAMES =
      List.of(
          "util", "utils", "common", "commons", "helper", "helpers", "manager", "managers", "impl");

  private Arrows() {}

  /** Who may import whom, for the modules below a root package. */
  static List<ArchRule> modules(String root) {
    List<ArchRule> rules = new ArrayList<>();
    for (Arrow arrow : ARROWS) {
      String[] others =
          ARROWS.stream()
              .map(Arrow::module)
              .filter(module -> !module.equals(arrow.module()) && !arrow.may().contains(module))
              .map(module -> root + "." + module + "..")
              .toArray(String[]::new);
      rules.add(
          noClasses()
              .that()
              .resideInAPackage(root + "." + arrow.module() + "..")
              .should()
              .dependOnClassesThat()
              .resideInAnyPackage(others)
              .because(arrow.because())
              .allowEmptyShould(true));
    }
    String[] known =
        ARROWS.stream().map(arrow -> root + "." + arrow.module() + "..").toArray(String[]::new);
    rules.add(
        classes()
            .that()
            .resideInAPackage(root + "..")
            .should()
            .resideInAnyPackage(known)
            .because("a package outside the modules of DESIGN §3 escapes these rules"));
    return rules;
  }

  /** Which module alone may touch which library. */
  static List<ArchRule> libraries(String root) {
    return KEEPERS.stream()
        .<ArchRule>map(
            keeper ->
                noClasses()
                    .that()
                    .resideInAPackage(root + "..")
                    .and()
                    .resideOutsideOfPackage(root + "." + keeper.module() + "..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage(keeper.library())
                    .because(keeper.because())
                    .allowEmptyShould(true))
        .toList();
  }

  /** Names that say nothing of a package's duty. */
  static ArchRule names(String root) {
    String[] vague =
        VAGUE_NAMES.stream()
            .flatMap(name -> Stream.of(root + ".." + name, root + ".." + name + ".."))
            .toArray(String[]::new);
    return noClasses()
        .should()
        .resideInAnyPackage(vague)
        .because("a folder is a duty, and these names hide it");
  }
}
