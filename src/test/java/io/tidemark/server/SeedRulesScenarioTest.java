package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.TidemarkException;
import io.tidemark.promql.Features;
import io.tidemark.promql.PromQL;
import io.tidemark.rules.Rule;
import io.tidemark.rules.RuleFile;
import io.tidemark.rules.RuleFiles;
import io.tidemark.rules.RuleGroup;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every alerting rule of the examples, on the whole engine in virtual time: from the samples to the notification, and back.
/// The scenarios are `simulation/*.scenario`, one file for each rule file; `-Dgolden.update=true` rewrites what they expect.
class SeedRulesScenarioTest {
  private static final Path SCENARIOS = Path.of("src/test/resources/simulation");
  private static final Path EXAMPLES = Path.of("config/examples");

  /// One file of scenarios: lines as they stand, and what they say.
  private record ScenarioFile(Path path, String rules, String routing, List<SeedScenario> scenarios) {
    static ScenarioFile read(Path path) {
      String rules = "";
      String routing = "";
      var scenarios = new ArrayList<SeedScenario>();
      boolean expecting = false;
      for (String line : lines(path)) {
        String[] words = line.split(" ");
        if (line.startsWith("#")) {
          continue;
        } else if (line.isBlank()) {
          expecting = false;
        } else if (expecting) {
          scenarios.getLast().expected().add(line);
        } else {
          switch (words[0]) {
            case "rules" -> rules = words[1];
            case "routing" -> routing = words[1];
            case "alert", "never" -> scenarios.add(new SeedScenario(words[1], words[0].equals("never")));
            case "expect" -> expecting = true;
            default -> scenarios.getLast().add(line);
          }
        }
      }
      return new ScenarioFile(path, rules, routing, scenarios);
    }

    NodeConfig config() {
      NodeConfig c = NodeConfig.load(new NodeConfig.Source(Optional.of(Path.of(routing)), List.of()));
      return new NodeConfig(Path.of("data"), c.listen(), c.api(), c.externalUrl(), c.diagnostics(), c.roles(), c.backends(), c.batch(),
          c.tier(), c.retentionRules(),
          c.storage(), c.query(), c.peer(), c.warmUpRequests(), c.collector(), c.rules(), groups(c), c.notifier(), c.maskedText());
    }

    /// The name is relative, so that evaluations are due at the same times in every checkout.
    List<RuleGroup> groups(NodeConfig config) {
      return new RuleFiles(config.rules(), Features.STANDARD).parse(List.of(new RuleFile(rules, text(Path.of(rules)))));
    }
  }

  record Case(Path file, String name) {
    @Override
    public String toString() {
      return file.getFileName() + " " + name;
    }
  }

  private static String text(Path path) {
    try {
      return Files.readString(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> lines(Path path) {
    return List.of(text(path).split("\n", -1));
  }

  private static List<Path> list(Path folder, String glob) {
    var found = new ArrayList<Path>();
    try (DirectoryStream<Path> paths = Files.newDirectoryStream(folder, glob)) {
      paths.forEach(found::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    found.sort(null);
    return found;
  }

  private static List<ScenarioFile> files() {
    return list(SCENARIOS, "*.scenario").stream().map(ScenarioFile::read).toList();
  }

  static Stream<Case> cases() {
    return files().stream().flatMap(file -> file.scenarios.stream().map(scenario -> new Case(file.path, scenario.name())));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void firesAndResolves(Case one) {
    ScenarioFile file = ScenarioFile.read(one.file);
    SeedScenario scenario = file.scenarios.stream().filter(s -> s.name().equals(one.name)).findFirst().orElseThrow();
    List<String> seen = scenario.run(file.config());
    if (Boolean.getBoolean("golden.update")) {
      rewrite(one, seen);
    } else {
      assertEquals(String.join("\n", scenario.expected()), String.join("\n", seen), one::toString);
    }
    if (scenario.isNever()) {
      assertEquals(List.of(), seen);
      return;
    }
    String alert = "alertname=\"" + one.name + "\"";
    for (String what : List.of(" firing {", " resolved {")) {
      assertTrue(seen.stream().anyMatch(line -> line.contains(what) && line.contains(alert) && !line.contains(" told ")),
          () -> one + " shows no" + what + " in " + seen);
      assertTrue(seen.stream().anyMatch(line -> line.contains(what) && line.contains(alert) && line.contains(" told ")),
          () -> one + " tells no" + what + " in " + seen);
    }
  }

  private static void rewrite(Case one, List<String> seen) {
    var out = new ArrayList<String>();
    boolean within = false;
    boolean skipping = false;
    for (String line : lines(one.file)) {
      if (line.startsWith("alert ") || line.startsWith("never ")) {
        within = line.endsWith(" " + one.name);
      }
      skipping = skipping && !line.isBlank();
      if (!skipping) {
        out.add(line);
      }
      if (within && line.equals("expect")) {
        out.addAll(seen);
        skipping = true;
      }
    }
    try {
      Files.writeString(one.file, String.join("\n", out));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void everyAlertingRuleHasItsScenario() {
    var rulesWithScenarios = new TreeSet<String>();
    for (ScenarioFile file : files()) {
      var rules = new TreeSet<String>();
      for (RuleGroup group : file.config().ruleGroups()) {
        group.rules().stream().filter(rule -> rule instanceof Rule.Alerting).map(Rule::name).forEach(rules::add);
      }
      var scenarios = new TreeSet<>(file.scenarios.stream().map(SeedScenario::name).toList());
      assertEquals(rules, scenarios, () -> file.path + ": rules of " + file.rules + " and scenarios");
      rulesWithScenarios.add(file.rules);
    }
    var all = new TreeSet<String>();
    list(EXAMPLES.resolve("seeds"), "*.yml").forEach(path -> all.add(path.toString()));
    for (String example : List.of("lock-service", "kafka-payments")) {
      list(EXAMPLES.resolve(example), "*rules.yml").forEach(path -> all.add(path.toString()));
    }
    assertEquals(all, rulesWithScenarios);
  }

  /// The expressions that the first documents write down, one a line.
  @Test
  void everyExpressionOfTheSeedsParses() {
    for (String line : lines(SCENARIOS.resolve("expressions.txt"))) {
      if (!line.isBlank() && !line.startsWith("#")) {
        PromQL.parse(line, Features.STANDARD);
      }
    }
  }

  @Test
  void dottedNamesNeedQuotesInBraces() {
    var refused = assertThrows(TidemarkException.class, () -> PromQL.parse("avg(api.latency) > 400", Features.STANDARD));
    assertTrue(refused.getMessage().startsWith("1:8: parse error: "), refused.getMessage());
    PromQL.parse("avg({\"api.latency\"}) > 400", Features.STANDARD);
    PromQL.parse("avg(avg_over_time({\"api.latency\"}[5m])) > 400", Features.STANDARD);
  }

  @Test
  void theFirstScrapeFileIsReadAsItIs() {
    NodeConfig config = NodeConfig.load(new NodeConfig.Source(Optional.of(SCENARIOS.resolve("seed-prometheus.yml")), List.of()));
    assertEquals(List.of("lock-service", "etcd"), config.collector().scrapeConfigs().stream().map(job -> job.jobName()).toList());
    assertEquals(15_000, config.rules().evaluationIntervalMillis());
  }

  /// It was never valid for Alertmanager either; it must be refused with all its defects at once.
  @Test
  void theFirstRoutingFileIsRefusedWithEveryDefect() {
    Path file = SCENARIOS.resolveSibling("alerting/routing/seed-lock-service.bad.yml");
    var refused = assertThrows(TidemarkException.class, () -> NodeConfig.load(new NodeConfig.Source(Optional.of(file), List.of())));
    List<String> expected = text(file.resolveSibling("seed-lock-service.messages")).lines()
        .map(line -> line.replaceFirst("^[^:]*", file.toString())).sorted().toList();
    assertEquals(expected, refused.getMessage().lines().sorted().toList());
  }
}
