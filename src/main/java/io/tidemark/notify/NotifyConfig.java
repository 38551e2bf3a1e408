package io.tidemark.notify;

import io.tidemark.config.Problems;
import io.tidemark.config.Section;
import io.tidemark.config.Yaml;
import io.tidemark.model.TidemarkException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The routing file: who is told about what. Immutable.
///
/// @param resolveTimeoutMillis after which an alert of a sender that gives no end counts as resolved
/// @param root                 the root of the routing tree; takes every alert that no other route takes
/// @param receivers            by name
/// @param timeIntervals        by name
/// @param templates            the texts of the template files
public record NotifyConfig(long resolveTimeoutMillis, Route root, Map<String, Receiver> receivers, List<InhibitRule> inhibitRules,
    Map<String, List<TimeInterval>> timeIntervals, List<String> templates) {
  public NotifyConfig {
    receivers = Map.copyOf(receivers);
    inhibitRules = List.copyOf(inhibitRules);
    timeIntervals = Map.copyOf(timeIntervals);
    templates = List.copyOf(templates);
  }

  /// Reads the sections `route`, `receivers`, `inhibit_rules`, `templates`, `time_intervals` and `mute_time_intervals` of a
  /// configuration whose other sections belong to other houses. What is wrong goes to the section's problems; with problems, or
  /// without a `route`, there is nothing to run.
  ///
  /// @param root      the file's root; the caller ends its reading, and that of its section `global`, of which Alertmanager's keys
  ///                  are read here
  /// @param directory where relative paths in the file start
  public static Optional<NotifyConfig> read(Section root, Path directory) {
    return new NotifyConfigReader(root, directory).read();
  }

  /// Reads a file that holds nothing but a routing configuration, such as an Alertmanager's.
  ///
  /// @param file its name in messages
  /// @throws TidemarkException `BAD_DATA` with all problems, a line each
  public static NotifyConfig parse(String text, String file, Path directory) {
    var problems = new Problems(file);
    Section root = Yaml.parse(text, problems);
    problems.throwIfAny();
    Optional<NotifyConfig> config = read(root, directory);
    root.sectionOrEmpty("global").done();
    root.done();
    if (!root.has("route")) {
      problems.add(root.line(), root.column(), "no route provided in config; add a route with a receiver");
    }
    problems.throwIfAny();
    return config.orElseThrow();
  }
}
