package io.tidemark;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// What keeps the checkout tidy: every finding names its file, its line and what to do.
class TidyTest {
  private static final Path TOP = Path.of("").toAbsolutePath();
  private static final Path MAIN = TOP.resolve("src/main/java");
  private static final int LINE_CHARS_MAX = 140;

  /// What every package page must say.
  private static final List<String> PACKAGE_PARTS =
      List.of("**Purpose**", "**Invariants**", "**Threading**", "**Plane**", "**Formats**", "**Start at**", "@NullMarked");

  /// Texts that main code must not hold, and what to write instead.
  private static final Map<Pattern, String> BANNED = new LinkedHashMap<>();

  static {
    BANNED.put(Pattern.compile("\\b(TODO|FIXME|XXX|HACK)\\b"), "finish it, or open an issue");
    BANNED.put(Pattern.compile("\\.printStackTrace\\("), "log with context, or rethrow");
    BANNED.put(Pattern.compile("catch \\([^)]*\\) \\{\\s*}"), "handle the failure or let it pass upward");
    BANNED.put(Pattern.compile("@SuppressWarnings"), "mend the cause");
    BANNED.put(Pattern.compile("import [^;]+\\.\\*;"), "import each type by name");
    BANNED.put(Pattern.compile("Executors\\.newCachedThreadPool"), "give the pool a bound");
    BANNED.put(Pattern.compile("Thread\\.sleep\\("), "use Timers");
  }

  private static List<Path> files(Path root, String suffix) throws IOException {
    if (!Files.isDirectory(root)) {
      return List.of();
    }
    try (Stream<Path> walk = Files.walk(root)) {
      return walk.filter(p -> p.toString().endsWith(suffix) && Files.isRegularFile(p)).filter(p -> !p.toString().contains("node_modules"))
          .sorted().toList();
    }
  }

  private static String place(Path file, String text, int offset) {
    long line = text.substring(0, offset).chars().filter(c -> c == '\n').count() + 1;
    return TOP.relativize(file) + ":" + line;
  }

  @Test
  void mainCodeHoldsNoLeftovers() throws IOException {
    var findings = new ArrayList<String>();
    for (Path file : files(MAIN, ".java")) {
      String text = Files.readString(file);
      BANNED.forEach((pattern, instead) -> {
        Matcher matcher = pattern.matcher(text);
        while (matcher.find()) {
          findings.add(place(file, text, matcher.start()) + ": \"" + matcher.group().strip() + "\": " + instead);
        }
      });
    }
    assertEquals(List.of(), findings);
  }

  @Test
  void linesAreShortEnoughToRead() throws IOException {
    var findings = new ArrayList<String>();
    for (Path root : List.of(MAIN, TOP.resolve("src/test/java"))) {
      for (Path file : files(root, ".java")) {
        List<String> lines = Files.readAllLines(file);
        for (int i = 0; i < lines.size(); i++) {
          if (lines.get(i).length() > LINE_CHARS_MAX) {
            findings.add(TOP.relativize(file) + ":" + (i + 1) + ": " + lines.get(i).length() + " characters, at most " + LINE_CHARS_MAX);
          }
        }
      }
    }
    assertEquals(List.of(), findings);
  }

  @Test
  void everyPackageSaysWhatItIs() throws IOException {
    var findings = new ArrayList<String>();
    for (Path file : files(MAIN, ".java")) {
      Path info = file.resolveSibling("package-info.java");
      if (!Files.exists(info)) {
        findings.add(TOP.relativize(info) + ": missing");
        continue;
      }
      if (file.equals(info) && TOP.relativize(info).getNameCount() > 6) {
        String text = Files.readString(info);
        for (String part : PACKAGE_PARTS) {
          if (!text.contains(part)) {
            findings.add(TOP.relativize(info) + ": says nothing of " + part);
          }
        }
      }
    }
    assertEquals(List.of(), findings);
  }

  @Test
  void linksInDocsLeadSomewhere() throws IOException {
    var findings = new ArrayList<String>();
    var link = Pattern.compile("\\[[^\\]]*]\\(([^)#\\s]+)(#[^)]*)?\\)");
    var pages = new ArrayList<>(files(TOP.resolve("docs"), ".md"));
    pages.addAll(files(TOP.resolve("benchmarks"), ".md"));
    for (String page : List.of("README.md", "CHANGELOG.md")) {
      if (Files.exists(TOP.resolve(page))) {
        pages.add(TOP.resolve(page));
      }
    }
    for (Path page : pages) {
      String text = Files.readString(page);
      Matcher matcher = link.matcher(text);
      while (matcher.find()) {
        String target = matcher.group(1);
        if (!target.contains("://") && !target.startsWith("mailto:") && !Files.exists(page.resolveSibling(target))) {
          findings.add(place(page, text, matcher.start()) + ": link to " + target + " leads nowhere");
        }
      }
    }
    assertEquals(List.of(), findings);
  }

  @Test
  void testsNeverSleep() throws IOException {
    var findings = new ArrayList<String>();
    for (Path file : files(TOP.resolve("src/test/java"), ".java")) {
      String text = Files.readString(file);
      Matcher matcher = Pattern.compile("Thread\\.sleep\\(").matcher(text);
      while (matcher.find() && !file.endsWith("TidyTest.java")) {
        findings.add(place(file, text, matcher.start()) + ": wait on a future or advance the clock instead");
      }
    }
    assertEquals(List.of(), findings);
  }
}
