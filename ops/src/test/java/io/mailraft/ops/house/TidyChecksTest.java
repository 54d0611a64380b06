package io.mailraft.ops.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each check catches what is planted for it, names the line, and leaves the innocent alone. */
final class TidyChecksTest {
  private static final String MAIN = "node/src/main/java/io/mailraft/node/";

  @TempDir Path directory;

  private static SourceFile main(String name, String text) {
    return new SourceFile(MAIN + name, text);
  }

  @Test
  void aLongSourceIsTwoThings() {
    assertThat(TidyChecks.length(main("A.java", "x\n".repeat(500)))).isEmpty();
    assertThat(TidyChecks.length(main("A.java", "x\n".repeat(501))))
        .hasToString("[" + MAIN + "A.java:501: 501 lines; past 500 it is two things]");
    assertThat(TidyChecks.length(new SourceFile("docs/a.md", "x\n".repeat(501)))).isEmpty();
  }

  @Test
  void onlyAMainMayExit() {
    String text =
        "class A {\n  void a() {\n    System.exit(1); // A reason does not help.\n  }\n}\n";
    assertThat(TidyChecks.exits(main("A.java", text)))
        .hasToString("[" + MAIN + "A.java:3: only a Main may exit]");
    assertThat(TidyChecks.exits(main("Main.java", text))).isEmpty();
    assertThat(
            TidyChecks.exits(main("A.java", "// System.exit(1)\nString s = \"System.exit(1)\";")))
        .isEmpty();
  }

  @Test
  void aSleepNeedsAReasonBeside() {
    for (String sleep :
        List.of("Thread.sleep(1);", "TimeUnit.SECONDS.sleep(1);", "Thread . sleep (1);")) {
      assertThat(TidyChecks.sleeps(main("A.java", "a();\n" + sleep)))
          .extracting(Finding::line)
          .containsExactly(2);
      assertThat(TidyChecks.sleeps(new SourceFile("node/src/test/java/A.java", sleep))).hasSize(1);
      assertThat(TidyChecks.sleeps(main("A.java", sleep + " // The disk is slow."))).isEmpty();
      assertThat(TidyChecks.sleeps(main("A.java", "// The disk is slow.\n" + sleep))).isEmpty();
      assertThat(TidyChecks.sleeps(main("A.java", "// The disk is slow.\na();\n" + sleep)))
          .hasSize(1);
      assertThat(TidyChecks.sleeps(main("A.java", "a(); // Another's reason.\n" + sleep)))
          .hasSize(1);
    }
  }

  @Test
  void theWallClockNeedsAReasonBeside() {
    for (String read :
        List.of("long t = System.currentTimeMillis();", "Instant.now();", "Clock.systemUTC();")) {
      assertThat(TidyChecks.wallClock(main("A.java", read))).hasSize(1);
      assertThat(TidyChecks.wallClock(main("A.java", "// For people.\n" + read))).isEmpty();
      assertThat(TidyChecks.wallClock(new SourceFile("node/src/test/java/A.java", read))).isEmpty();
    }
    assertThat(TidyChecks.wallClock(main("A.java", "long t = System.nanoTime();"))).isEmpty();
  }

  @Test
  void applyCodeReadsNoClockEvenWithAReason() {
    String text =
        "class X {\n  // A reason does not help.\n  long t = System.currentTimeMillis();\n}";
    String folder = "queue-raft/src/main/java/io/mailraft/queue/";
    assertThat(TidyChecks.applyDecides(new SourceFile(folder + "shard/ShardFold.java", text)))
        .extracting(Finding::line)
        .containsExactly(3);
    assertThat(TidyChecks.applyDecides(new SourceFile(folder + "control/NodeEntry.java", text)))
        .hasSize(1);
    assertThat(TidyChecks.applyDecides(new SourceFile(folder + "shard/ShardLeader.java", text)))
        .isEmpty();
    for (String head :
        List.of(
            "class X implements Fold {",
            "class X implements A, Fold {",
            "class X extends BaseStateMachine {")) {
      assertThat(
              TidyChecks.applyDecides(
                  new SourceFile(folder + "raft/X.java", text.replace("class X {", head))))
          .as(head)
          .hasSize(1);
    }
    for (String choice :
        List.of(
            "System.nanoTime()",
            "Instant.now()",
            "new Random()",
            "UUID.randomUUID()",
            "Math.random()")) {
      assertThat(
              TidyChecks.applyDecides(
                  new SourceFile(folder + "shard/ShardFold.java", "Object o = " + choice + ";")))
          .as(choice)
          .hasSize(1);
    }
  }

  @Test
  void stackTracesGoToTheLog() {
    assertThat(
            TidyChecks.stackTraces(
                main("A.java", "try {\n} catch (E e) {\n  e.printStackTrace();\n}")))
        .extracting(Finding::line)
        .containsExactly(3);
  }

  @Test
  void aNoteHasAnOwner() {
    String note = "TO" + "DO";
    assertThat(TidyChecks.ownerlessNotes(main("A.java", "int a;\n// " + note + ": later")))
        .extracting(Finding::line)
        .containsExactly(2);
    assertThat(TidyChecks.ownerlessNotes(main("A.java", "// " + note + "(ann): later"))).isEmpty();
    assertThat(TidyChecks.ownerlessNotes(main("A.java", "String s = \"" + note + "\";"))).isEmpty();
    assertThat(TidyChecks.ownerlessNotes(new SourceFile("mailraft", "# " + "FIX" + "ME")))
        .hasSize(1);
  }

  @Test
  void codeAndCommentsAreAscii() {
    assertThat(TidyChecks.nonAscii(main("A.java", "int a;\n// a \u2014 b")))
        .hasToString("[" + MAIN + "A.java:2: U+2014 has an ASCII spelling]");
    assertThat(TidyChecks.nonAscii(main("A.java", "int \u00fc;"))).hasSize(1);
    assertThat(TidyChecks.nonAscii(main("A.java", "String s = \"\u2013\"; // DESIGN \u00a74")))
        .isEmpty();
    assertThat(TidyChecks.nonAscii(new SourceFile("a/src/test/java/A.java", "// \u2014")))
        .isEmpty();
  }

  @Test
  void aPackagePageHasAllItsHeadingsFilled() {
    String page =
        """
        /**
         * A thing.
         *
         * <h2>Purpose</h2>
         * x
         * <h2>Invariants</h2>
         * x
         * <h2>Threads</h2>
         * x
         * <h2>Failure</h2>
         * x
         * <h2>Security</h2>
         * x
         * <h2>Known limits</h2>
         * x
         */
        @NullMarked
        package a;
        """;
    assertThat(TidyChecks.packagePage(main("package-info.java", page))).isEmpty();
    assertThat(TidyChecks.packagePage(main("package-info.java", "/** Later. */\npackage a;")))
        .extracting(Finding::text)
        .containsExactly(
            "no heading, or out of order: Purpose, Invariants, Threads, Failure, Security, Known"
                + " limits",
            "the package is not @NullMarked");
    assertThat(
            TidyChecks.packagePage(
                main("package-info.java", page.replace(" * <h2>Threads</h2>\n * x\n", ""))))
        .extracting(Finding::text)
        .containsExactly("no heading, or out of order: Threads");
    assertThat(
            TidyChecks.packagePage(
                main(
                    "package-info.java",
                    page.replace("<h2>Failure</h2>\n * x", "<h2>Failure</h2>"))))
        .hasToString("[" + MAIN + "package-info.java:10: nothing below Failure]");
    assertThat(TidyChecks.packagePage(main("package-info.java", page.replace("@NullMarked\n", ""))))
        .extracting(Finding::text)
        .containsExactly("the package is not @NullMarked");
  }

  @Test
  void aPackageWithoutAPageIsFound() {
    SourceFile page = main("package-info.java", "package a;");
    SourceFile lonely = main("smtp/A.java", "class A {}");
    assertThat(TidyChecks.missingPages(List.of(page, main("A.java", ""), lonely)))
        .hasToString("[" + MAIN + "smtp/A.java:1: the package has no package-info.java]");
  }

  @Test
  void aPageHasOneTitle() {
    assertThat(TidyChecks.pageTitle(new SourceFile("a.md", "# A\n\n```\n# shell\n```\n## B\n")))
        .isEmpty();
    assertThat(TidyChecks.pageTitle(new SourceFile("a.md", "# A\n\n# B\n")))
        .hasToString("[a.md:3: a second title; the first is in line 1]");
    assertThat(TidyChecks.pageTitle(new SourceFile("a.md", "text\n")))
        .hasToString("[a.md:1: the page has no title]");
  }

  @Test
  void noRegistryIsNamed() {
    for (String host :
        List.of(
            "repo1.maven" + ".org",
            "registry.npmjs" + ".org",
            "pypi" + ".org",
            "deb.debian" + ".org")) {
      assertThat(TidyChecks.registryHosts(new SourceFile("a.xml", "x\nhttps://" + host + "/a")))
          .as(host)
          .extracting(Finding::line)
          .containsExactly(2);
    }
    assertThat(
            TidyChecks.registryHosts(
                new SourceFile(
                    "pom.xml", "http://maven.apache.org/POM/4.0.0 https://example.com/")))
        .isEmpty();
  }

  @Test
  void noPathOfOneMachineIsNamed() {
    for (String path :
        List.of("/home" + "/ann/x", "\"/root" + "/x\"", "cd /work" + "/x", "/Users" + "/ann")) {
      assertThat(TidyChecks.machinePaths(new SourceFile("run.sh", "x\n" + path)))
          .as(path)
          .hasSize(1);
    }
    for (String path :
        List.of(
            "a/home/b", "https://example.com/work" + "/1", "/var/lib/mailraft", "$X/work" + "/a")) {
      assertThat(TidyChecks.machinePaths(new SourceFile("run.sh", path))).as(path).isEmpty();
    }
  }

  @Test
  void literalsAndCommentsAreToldFromCode() {
    JavaLayers layers =
        JavaLayers.of(
            "a(\"// no\", '\"', \"\\\"\"); // yes\n"
                + "/* b\n"
                + " c */ d();\n"
                + "String t = \"\"\"\n"
                + "  e \"f\" \\\"\"\"\n"
                + "  g\"\"\"; h();\n");
    assertThat(layers.code().stream().map(String::strip))
        .containsExactly(
            "a(\"     \", ' ', \"  \");", "", "d();", "String t = \"\"\"", "", "\"\"\"; h();");
    assertThat(layers.comments().stream().map(String::strip))
        .containsExactly("// yes", "/* b", "c */", "", "", "");
  }

  @Test
  void theTreeLeavesOutWhatIsBuiltAndWhatIsBinary() throws Exception {
    for (String path :
        List.of(
            "pom.xml",
            ".mvn/a",
            ".ci/run",
            "a/target/b",
            "data/c",
            "a/data/d",
            ".git/e",
            "f.log")) {
      Path file = directory.resolve(path);
      Files.createDirectories(file.getParent());
      Files.writeString(file, "text");
    }
    Files.write(directory.resolve("g.bin"), new byte[] {1, 0, 2});
    assertThat(SourceTree.read(directory))
        .extracting(SourceFile::path)
        .containsExactlyInAnyOrder("pom.xml", ".mvn/a", ".ci/run", "a/data/d");
  }
}
