package io.tidemark.rules;

import io.tidemark.config.Problems;
import io.tidemark.config.Section;
import io.tidemark.config.Yaml;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.promql.Features;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Reads Prometheus rule files. Stateless; any thread.
public final class RuleFiles {
  private static final String API = "api";

  private final RuleSettings settings;
  private final Features features;

  /// @param features the parts of PromQL that expressions may use
  public RuleFiles(RuleSettings settings, Features features) {
    this.settings = settings;
    this.features = features;
  }

  /// All groups of all files, in order.
  ///
  /// @throws TidemarkException `BAD_DATA` with every problem of every file, a line each: `file:line:column: text`
  public List<RuleGroup> parse(List<RuleFile> files) {
    var groups = new ArrayList<RuleGroup>();
    var problems = new LinkedHashMap<String, Problems>();
    for (RuleFile file : files) {
      Problems ofFile = problems.computeIfAbsent(file.name(), Problems::new);
      groups.addAll(readFile(file, ofFile));
    }
    OwnInput.find(groups, features).forEach((rule, text) -> problems.get(rule.file()).add(rule.line(), rule.column(), text));
    String all = String.join("\n", problems.values().stream().flatMap(p -> p.texts().stream()).toList());
    if (!all.isEmpty()) {
      throw new TidemarkException(ErrorCode.BAD_DATA, all);
    }
    return List.copyOf(groups);
  }

  private List<RuleGroup> readFile(RuleFile file, Problems problems) {
    Section top = Yaml.parse(file.text(), problems);
    var groups = new ArrayList<RuleGroup>();
    var names = new HashSet<String>();
    for (Section section : top.sections("groups")) {
      RuleGroup group = readGroup(file.name(), section);
      if (!group.name().isEmpty() && !names.add(group.name())) {
        section.problem("name", "group \"" + group.name() + "\" is there twice; give it another name");
      }
      groups.add(group);
    }
    top.done();
    return groups;
  }

  private RuleGroup readGroup(String file, Section section) {
    String name = section.requiredText("name");
    long interval = section.durationMillis("interval", settings.evaluationIntervalMillis());
    long offset = section.durationMillis("query_offset", settings.queryOffsetMillis());
    int limit = (int) section.number("limit", 0, 0, Integer.MAX_VALUE);
    var reader = new RuleReader(section.textMap("labels"), features);
    section.section("labels").ifPresent(labels -> RuleReader.checkLabels(labels, labels.keys()));
    var rules = new ArrayList<Rule>();
    var identities = new HashSet<List<Object>>();
    for (Section rule : section.sections("rules")) {
      reader.read(rule).ifPresent(read -> {
        if (!identities.add(List.of(read instanceof Rule.Alerting, read.name(), read.labels()))) {
          rule.problem(read instanceof Rule.Alerting ? "alert" : "record", "rule \"" + read.name() + "\" with labels "
              + new TreeMap<>(read.labels()) + " is there twice in group \"" + name + "\"; tell them apart by a label");
        }
        rules.add(read);
      });
    }
    section.done();
    return new RuleGroup(file, name, interval == 0 ? settings.evaluationIntervalMillis() : interval, limit, offset, rules);
  }

  /// A rule of the API: the keys of an alerting rule under `name` instead of `alert`, with `group` and `interval`.
  ///
  /// @throws TidemarkException `BAD_DATA` with every problem, a line each
  RuleGroup parseDocument(String id, String json) {
    var problems = new Problems(API);
    Section section = Yaml.parse(json, problems);
    String group = section.text("group", id);
    long interval = section.durationMillis("interval", settings.evaluationIntervalMillis());
    if (interval == 0) {
      section.problem("interval", "interval: expected a duration above zero, found 0");
      interval = settings.evaluationIntervalMillis();
    }
    var rule = new RuleReader(Map.of(), features).readDocument(section);
    section.done();
    if (!problems.isEmpty()) {
      // Line and column would point into a text that the client never saw.
      throw new TidemarkException(ErrorCode.BAD_DATA,
          String.join("\n", problems.texts().stream().map(text -> text.replaceFirst("^api:\\d+:\\d+: ", "")).toList()));
    }
    return new RuleGroup(API, group, interval, 0, settings.queryOffsetMillis(), List.of(rule.orElseThrow()));
  }

  /// Puts rules of one group together.
  ///
  /// @throws TidemarkException `BAD_DATA` when they disagree about the interval, are there twice, or read what they write
  List<RuleGroup> merge(List<RuleGroup> single) {
    var merged = new LinkedHashMap<String, RuleGroup>();
    for (RuleGroup one : single) {
      merged.merge(one.name(), one, RuleFiles::joined);
    }
    OwnInput.find(List.copyOf(merged.values()), features).forEach((_, text) -> {
      throw new TidemarkException(ErrorCode.BAD_DATA, text);
    });
    return List.copyOf(merged.values());
  }

  private static RuleGroup joined(RuleGroup a, RuleGroup b) {
    if (a.intervalMillis() != b.intervalMillis()) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "group \"" + a.name() + "\" is evaluated every " + a.intervalMillis()
          + " ms, this rule asks for " + b.intervalMillis() + " ms; use the same interval or another group");
    }
    var rules = new ArrayList<>(a.rules());
    for (Rule rule : b.rules()) {
      if (rules.stream().anyMatch(r -> r.name().equals(rule.name()) && r.labels().equals(rule.labels()))) {
        throw new TidemarkException(ErrorCode.BAD_DATA, "rule \"" + rule.name() + "\" with the same labels is already in group \""
            + a.name() + "\"; tell them apart by a label");
      }
      rules.add(rule);
    }
    return new RuleGroup(a.file(), a.name(), a.intervalMillis(), a.limit(), a.queryOffsetMillis(), rules);
  }
}
