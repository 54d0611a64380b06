package io.mailraft.ops.house;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The repository is tidy. */
final class TidyTest {

  @Test
  void theRepositoryIsTidy() throws Exception {
    List<SourceFile> files = SourceTree.read(Path.of(System.getProperty("mailraft.root", "..")));
    assertThat(files).as("files that were looked at").hasSizeGreaterThan(50);
    assertThat(files).extracting(SourceFile::path).contains("pom.xml", ".mvn/errorprone.config");
    List<Finding> findings = new ArrayList<>(TidyChecks.missingPages(files));
    for (SourceFile file : files) {
      for (Function<SourceFile, List<Finding>> check : TidyChecks.all()) {
        findings.addAll(check.apply(file));
      }
    }
    String report = findings.stream().map(Finding::toString).collect(Collectors.joining("\n"));
    if (!findings.isEmpty()) {
      fail("to tidy:\n" + report);
    }
  }
}
