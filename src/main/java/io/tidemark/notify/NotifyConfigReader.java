package io.tidemark.notify;

import io.tidemark.config.Item;
import io.tidemark.config.Problems;
import io.tidemark.config.Section;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.notify.receiver.IntegrationReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// Reads a {@link NotifyConfig}; remembers what the file defines, so that a route can name only that.
final class NotifyConfigReader {
  private static final long RESOLVE_TIMEOUT_MILLIS = 5 * 60_000L;
  /// What a root route without own values uses, as in Alertmanager.
  private static final Route DEFAULTS = new Route("", "", "", Matchers.NONE, false, Set.of(), false, 30_000L, 5 * 60_000L,
      4 * 3_600_000L, List.of(), List.of(), List.of());

  private final Section root;
  private final Section global;
  private final Path directory;
  private final Problems problems;
  private final Map<String, Receiver> receivers = new LinkedHashMap<>();
  private final Map<String, List<TimeInterval>> intervals = new LinkedHashMap<>();

  NotifyConfigReader(Section root, Path directory) {
    this.root = root;
    this.global = root.sectionOrEmpty("global");
    this.directory = directory;
    this.problems = root.problems();
  }

  Optional<NotifyConfig> read() {
    int before = problems.texts().size();
    long resolveTimeout = global.durationMillis("resolve_timeout", RESOLVE_TIMEOUT_MILLIS);
    var integrations = new IntegrationReader(global, directory);
    readReceivers(integrations);
    readIntervals("time_intervals");
    readIntervals("mute_time_intervals");
    List<InhibitRule> inhibitRules = readInhibitRules();
    Optional<Route> tree = root.section("route").map(this::readRoot);
    List<String> templates = TemplateFiles.read(root.items("templates"), directory, problems);
    TemplateCheck.run(templates, integrations.templates(), problems);
    if (tree.isEmpty() || problems.texts().size() > before) {
      return Optional.empty();
    }
    return Optional.of(new NotifyConfig(resolveTimeout, tree.get(), receivers, inhibitRules, intervals, templates));
  }

  private void readReceivers(IntegrationReader integrations) {
    List<Section> sections = root.sections("receivers");
    for (int i = 0; i < sections.size(); i++) {
      Section section = sections.get(i);
      String name = section.text("name", "");
      if (name.isEmpty()) {
        section.problem("name", "receivers[" + i + "]: missing name in receiver");
      }
      var receiver = new Receiver(name, integrations.read(section, "receivers[" + i + "]"));
      section.done();
      if (receivers.put(name, receiver) != null) {
        section.problem("name", "notification config name \"" + name + "\" is not unique; rename one of the receivers");
      }
    }
  }

  private void readIntervals(String key) {
    for (Section section : root.sections(key)) {
      String name = section.text("name", "");
      if (name.isEmpty()) {
        section.problem("name", "missing name in " + (key.startsWith("mute") ? "mute time interval" : "time interval"));
      }
      List<TimeInterval> times = section.sections("time_intervals").stream().map(TimeIntervalReader::read).toList();
      section.done();
      if (intervals.put(name, times) != null) {
        section.problem("name", "time interval \"" + name + "\" is not unique; rename one of them");
      }
    }
  }

  private List<InhibitRule> readInhibitRules() {
    var rules = new ArrayList<InhibitRule>();
    for (Section section : root.sections("inhibit_rules")) {
      section.text("name", "");
      Matchers source = readMatchers(section, "source_match", "source_match_re", "source_matchers");
      Matchers target = readMatchers(section, "target_match", "target_match_re", "target_matchers");
      rules.add(new InhibitRule(source, target, section.texts("equal")));
      if (section.has("sources")) {
        section.problem("sources", "inhibit_rules: sources is a key of Alertmanager that is not supported yet; write a rule for each");
      }
      section.done();
    }
    return rules;
  }

  private Route readRoot(Section section) {
    if (section.has("match") || section.has("match_re") || section.has("matchers")) {
      section.problem("matchers", "root route must not have any matchers: it takes every alert; put them into a route below");
    }
    if (section.flag("continue", false)) {
      section.problem("continue", "cannot have continue in root route: it has no siblings; remove it");
    }
    if (section.has("mute_time_intervals") || section.has("active_time_intervals")) {
      section.problem("mute_time_intervals", "root route must not have any mute or active time intervals; put them into a route below");
    }
    if (section.text("receiver", "").isEmpty()) {
      section.problem("receiver", "root route must specify a default receiver");
    }
    return readRoute(section, DEFAULTS, "{}");
  }

  /// @param parent what this route inherits from, its key and id already final
  private Route readRoute(Section section, Route parent, String id) {
    Matchers matchers = readMatchers(section, "match", "match_re", "matchers");
    String receiver = readReceiver(section, parent.receiver());
    Set<String> groupBy = readGroupBy(section);
    boolean all = groupBy.remove("...");
    boolean inherits = groupBy.isEmpty() && !all;
    var own = new Route(id, parent.key().isEmpty() ? "{}" : parent.key() + "/" + matchers.key(), receiver, matchers,
        section.flag("continue", false), inherits ? parent.groupBy() : groupBy, inherits ? parent.groupByAll() : all,
        section.durationMillis("group_wait", parent.groupWaitMillis()), positive(section, "group_interval", parent.groupIntervalMillis()),
        positive(section, "repeat_interval", parent.repeatIntervalMillis()), readIntervalNames(section, "mute_time_intervals"),
        readIntervalNames(section, "active_time_intervals"), List.of());
    var below = new ArrayList<Route>();
    List<Section> sections = section.sections("routes");
    for (int i = 0; i < sections.size(); i++) {
      below.add(readRoute(sections.get(i), own, id + "/" + i));
    }
    section.done();
    return new Route(own.id(), own.key(), own.receiver(), own.matchers(), own.continues(), own.groupBy(), own.groupByAll(),
        own.groupWaitMillis(), own.groupIntervalMillis(), own.repeatIntervalMillis(), own.muteTimeIntervals(), own.activeTimeIntervals(),
        below);
  }

  private String readReceiver(Section section, String inherited) {
    Optional<Item> named = section.item("receiver");
    if (named.isPresent() && !named.get().text().isEmpty() && !receivers.containsKey(named.get().text())) {
      String defined = receivers.isEmpty() ? "no receivers are defined" : "defined are " + quoted(receivers.keySet());
      section.problem("receiver", "undefined receiver \"" + named.get().text() + "\" used in route; " + defined
          + "; add `- name: '" + named.get().text() + "'` to receivers, or name another here");
    }
    return named.map(Item::text).filter(text -> !text.isEmpty()).orElse(inherited);
  }

  private Set<String> readGroupBy(Section section) {
    var labels = new LinkedHashSet<String>();
    for (String label : section.texts("group_by")) {
      if (label.isEmpty()) {
        section.problem("group_by", "invalid label name \"\" in group_by list");
      }
      if (!labels.add(label)) {
        section.problem("group_by", "duplicated label \"" + label + "\" in group_by");
      }
    }
    if (labels.contains("...") && labels.size() > 1) {
      section.problem("group_by", "cannot have wildcard group_by (`...`) and other labels at the same time");
    }
    return labels;
  }

  private static long positive(Section section, String key, long inherited) {
    long millis = section.durationMillis(key, inherited);
    if (millis == 0 && section.has(key)) {
      section.problem(key, key + " cannot be zero");
    }
    return millis;
  }

  private List<String> readIntervalNames(Section section, String key) {
    List<String> names = section.texts(key);
    for (String name : names) {
      if (!intervals.containsKey(name)) {
        section.problem(key, "undefined time interval \"" + name + "\" used in route; defined are " + quoted(intervals.keySet()));
      }
    }
    return names;
  }

  /// The old equality and regex maps and the new list of texts, together.
  private Matchers readMatchers(Section section, String equal, String regex, String texts) {
    var all = new ArrayList<Matcher>();
    section.textMap(equal).forEach((name, value) -> all.add(new Matcher(name, Matcher.Op.EQUAL, value)));
    section.textMap(regex).forEach((name, value) -> all.add(new Matcher(name, Matcher.Op.MATCH, value)));
    for (Item item : section.items(texts)) {
      try {
        all.addAll(Matchers.parseOrClassic(item.text(), "line " + item.line()).list());
      } catch (TidemarkException e) {
        problems.add(item.line(), item.column(), e.getMessage());
      }
    }
    try {
      return Matchers.of(all);
    } catch (TidemarkException e) {
      section.problem(section.has(regex) ? regex : texts, e.getMessage());
      return Matchers.NONE;
    }
  }

  private static String quoted(Set<String> names) {
    return names.isEmpty() ? "none"
        : names.stream().filter(name -> !name.isEmpty()).map(name -> "\"" + name + "\"").collect(Collectors.joining(", "));
  }
}
