package io.mailraft.ops.house;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What reviewers tire of. Each check looks at one file and names the lines. */
final class TidyChecks {
  static final int LINES_MAX = 500;

  private static final List<String> HEADINGS =
      List.of("Purpose", "Invariants", "Threads", "Failure", "Security", "Known limits");

  /**
   * Code that replays the log, by its place: DESIGN §4 lets it read no clock and make no choice.
   * What decides on the leader lives beside it and is told by its name.
   */
  private static final Pattern APPLY_PATH =
      Pattern.compile(
          "io/mailraft/queue/(shard|control)/(?!\\w*(Leader|Keeper)\\.java$)\\w+\\.java$");

  /** The same, by what it is. */
  private static final Pattern APPLY_TYPE =
      Pattern.compile(
          "\\bimplements\\s[^{]*\\b(Fold|StateMachine)\\b|\\bextends\\s+\\w*StateMachine\\b");

  private static final Pattern DECIDES =
      Pattern.compile(
          "\\bcurrentTimeMillis\\s*\\(|\\bnanoTime\\s*\\(|\\b(Instant|LocalDateTime|ZonedDateTime|OffsetDateTime)"
              + "\\s*\\.\\s*now\\s*\\(|\\bClock\\s*\\.\\s*system|\\bThreadLocalRandom\\b|\\bSecureRandom\\b"
              + "|\\bnew\\s+Random\\b|\\bMath\\s*\\.\\s*random\\s*\\(|\\brandomUUID\\s*\\(");
  private static final Pattern WALL_CLOCK =
      Pattern.compile(
          "\\bcurrentTimeMillis\\s*\\(|\\b(Instant|LocalDate|LocalDateTime|ZonedDateTime|OffsetDateTime)"
              + "\\s*\\.\\s*now\\s*\\(|\\bClock\\s*\\.\\s*system");
  private static final Pattern SLEEP =
      Pattern.compile("\\b(Thread|TimeUnit(\\s*\\.\\s*[A-Z]+)?)\\s*\\.\\s*sleep\\s*\\(");
  private static final Pattern EXIT = Pattern.compile("\\bSystem\\s*\\.\\s*exit\\s*\\(");
  private static final Pattern STACK_TRACE =
      Pattern.compile("\\.\\s*printStackTrace\\s*\\(\\s*\\)");

  private static final Pattern OWNERLESS =
      Pattern.compile("\\b(" + "TODO|" + "FIXME|" + "XXX)\\b(?!\\([a-z][a-z0-9._-]*\\))");

  /** A section sign cites DESIGN; everything else has an ASCII spelling. */
  private static final Pattern NON_ASCII = Pattern.compile("[^\\x00-\\x7F\\u00A7]");

  private static final Pattern REGISTRY =
      Pattern.compile(
          Stream.of(
                      "repo1?.maven",
                      "repo.maven.apache",
                      "central.sonatype",
                      "oss.sonatype",
                      "maven.google",
                      "plugins.gradle",
                      "jitpack",
                      "registry.npmjs",
                      "registry.yarnpkg",
                      "npmjs",
                      "pypi",
                      "pythonhosted",
                      "rubygems",
                      "proxy.golang",
                      "sum.golang",
                      "crates",
                      "index.docker",
                      "registry-1.docker",
                      "ghcr",
                      "quay",
                      "deb.debian",
                      "archive.ubuntu",
                      "security.debian")
                  .map(host -> host.replace(".", "\\.").replace("1?", "1?"))
                  .collect(Collectors.joining("|", "\\b(", ")\\.(org|com|io|net|dev)\\b"))
              + "|\\b(artifactory|nexus)[.-]");
  private static final Pattern MACHINE_PATH =
      Pattern.compile("(?<![\\w.~$}/*-])/(work|root|home|Users)/[\\w.*-]|\\b[A-Z]:\\\\Users\\b");

  private TidyChecks() {}

  /** All checks of single files. */
  static List<Function<SourceFile, List<Finding>>> all() {
    return List.of(
        TidyChecks::length,
        TidyChecks::applyDecides,
        TidyChecks::wallClock,
        TidyChecks::sleeps,
        TidyChecks::exits,
        TidyChecks::stackTraces,
        TidyChecks::ownerlessNotes,
        TidyChecks::nonAscii,
        TidyChecks::packagePage,
        TidyChecks::pageTitle,
        TidyChecks::registryHosts,
        TidyChecks::machinePaths);
  }

  /** Past 500 lines, it is two things. */
  static List<Finding> length(SourceFile file) {
    int lines = file.lines().size();
    boolean source = Stream.of(".java", ".proto", ".sh").anyMatch(file.path()::endsWith);
    return source && lines > LINES_MAX
        ? List.of(
            new Finding(
                file.path(),
                LINES_MAX + 1,
                lines + " lines; past " + LINES_MAX + " it is two things"))
        : List.of();
  }

  static List<Finding> applyDecides(SourceFile file) {
    if (!file.isMainJava()) {
      return List.of();
    }
    List<String> code = JavaLayers.of(file.text()).code();
    boolean apply =
        APPLY_PATH.matcher(file.path()).find()
            || APPLY_TYPE.matcher(String.join("\n", code)).find();
    return apply
        ? file.linesWith(
            code, DECIDES, "code that replays the log reads no clock and no random source (I8)")
        : List.of();
  }

  static List<Finding> wallClock(SourceFile file) {
    return file.isMainJava()
        ? unreasoned(
            file, WALL_CLOCK, "the wall clock can jump; use nanoTime, or say why beside it")
        : List.of();
  }

  static List<Finding> sleeps(SourceFile file) {
    return file.isJava()
        ? unreasoned(
            file, SLEEP, "a sleep; wait for a condition with a bound, or say why beside it")
        : List.of();
  }

  /** A program that a test starts may exit too, with a reason beside. */
  static List<Finding> exits(SourceFile file) {
    if (!file.isJava() || file.name().equals("Main.java")) {
      return List.of();
    }
    return file.isTest()
        ? unreasoned(file, EXIT, "only a Main may exit, or a test's program that says why")
        : file.linesWith(JavaLayers.of(file.text()).code(), EXIT, "only a Main may exit");
  }

  static List<Finding> stackTraces(SourceFile file) {
    return file.isJava()
        ? file.linesWith(JavaLayers.of(file.text()).code(), STACK_TRACE, "use the log")
        : List.of();
  }

  private static List<Finding> unreasoned(SourceFile file, Pattern pattern, String text) {
    JavaLayers layers = JavaLayers.of(file.text());
    return file.linesWith(layers.code(), pattern, text).stream()
        .filter(finding -> !layers.hasReason(finding.line() - 1))
        .toList();
  }

  static List<Finding> ownerlessNotes(SourceFile file) {
    List<String> lines = file.isJava() ? JavaLayers.of(file.text()).comments() : file.lines();
    return file.linesWith(lines, OWNERLESS, "a note without an owner; write it as NOTE(name)");
  }

  /** Outside string literals, and outside tests, which feed all kinds of text. */
  static List<Finding> nonAscii(SourceFile file) {
    if (!file.isJava() || file.isTest()) {
      return List.of();
    }
    JavaLayers layers = JavaLayers.of(file.text());
    List<Finding> findings = new ArrayList<>();
    for (List<String> layer : List.of(layers.code(), layers.comments())) {
      for (int i = 0; i < layer.size(); i++) {
        Matcher matcher = NON_ASCII.matcher(layer.get(i));
        if (matcher.find()) {
          String character = "U+%04X".formatted(matcher.group().codePointAt(0));
          findings.add(new Finding(file.path(), i + 1, character + " has an ASCII spelling"));
        }
      }
    }
    return findings;
  }

  /** A package-info.java carries all headings in order, each with something below it. */
  static List<Finding> packagePage(SourceFile file) {
    if (!file.isMainJava() || !file.name().equals("package-info.java")) {
      return List.of();
    }
    List<Finding> findings = new ArrayList<>();
    String text = file.text();
    List<String> missing = new ArrayList<>();
    int from = 0;
    for (String heading : HEADINGS) {
      int at = text.indexOf("<h2>" + heading + "</h2>", from);
      if (at < 0) {
        missing.add(heading);
        continue;
      }
      from = at + heading.length();
      if (body(text, from).isEmpty()) {
        int line = (int) text.substring(0, from).lines().count();
        findings.add(new Finding(file.path(), line, "nothing below " + heading));
      }
    }
    if (!missing.isEmpty()) {
      findings.add(
          new Finding(
              file.path(), 1, "no heading, or out of order: " + String.join(", ", missing)));
    }
    if (!text.contains("@NullMarked")) {
      findings.add(new Finding(file.path(), file.lines().size(), "the package is not @NullMarked"));
    }
    return findings;
  }

  private static String body(String text, int from) {
    int start = text.indexOf("</h2>", from) + "</h2>".length();
    int heading = text.indexOf("<h2>", start);
    int end = heading < 0 ? text.indexOf("*/", start) : heading;
    return text.substring(start, Math.max(start, end)).replaceAll("[*/\\s]|<p>", "");
  }

  /** Each package of a module's main code has its page. */
  static List<Finding> missingPages(List<SourceFile> files) {
    List<SourceFile> main = files.stream().filter(SourceFile::isMainJava).toList();
    return main.stream().collect(Collectors.groupingBy(SourceFile::folder)).values().stream()
        .filter(
            folder -> folder.stream().noneMatch(file -> file.name().equals("package-info.java")))
        .map(
            folder ->
                new Finding(folder.getFirst().path(), 1, "the package has no package-info.java"))
        .sorted((a, b) -> a.path().compareTo(b.path()))
        .toList();
  }

  /** A page has one title, and it comes first. */
  static List<Finding> pageTitle(SourceFile file) {
    if (!file.path().endsWith(".md")) {
      return List.of();
    }
    List<Finding> findings = new ArrayList<>();
    Optional<Integer> first = Optional.empty();
    boolean fenced = false;
    for (int i = 0; i < file.lines().size(); i++) {
      String line = file.lines().get(i);
      fenced ^= line.stripLeading().startsWith("```");
      if (!fenced && line.startsWith("# ")) {
        if (first.isPresent()) {
          findings.add(
              new Finding(
                  file.path(), i + 1, "a second title; the first is in line " + first.get()));
        } else {
          first = Optional.of(i + 1);
        }
      }
    }
    if (first.isEmpty()) {
      findings.add(new Finding(file.path(), 1, "the page has no title"));
    }
    return findings;
  }

  static List<Finding> registryHosts(SourceFile file) {
    return file.linesWith(file.lines(), REGISTRY, "a package registry's host; clients know theirs");
  }

  static List<Finding> machinePaths(SourceFile file) {
    return file.linesWith(file.lines(), MACHINE_PATH, "a path of one machine");
  }
}
